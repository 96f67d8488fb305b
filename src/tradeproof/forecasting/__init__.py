"""Price models: distributions of future returns, how they are trained, and what trading on them earns."""
