"""Models as they are served: MLflow pyfunc models built from code, without pickle."""
