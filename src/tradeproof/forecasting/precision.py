"""The number format that the layers compute in while they are trained; weights, quantiles and losses stay in fp32."""

import torch

from tradeproof.errors import ParamsError

AUTO, FP32, BF16, FP16 = "auto", "fp32", "bf16", "fp16"


def choose_precision(wanted: str) -> str:
    """What this machine trains in: fp32, bf16 or fp16.

    Args:
        wanted: auto (bf16 on a GPU that computes in it, else fp32), or one of the three. A CPU can do bf16, slowly.

    Raises:
        ParamsError: The machine cannot do what was asked for.
    """
    has_gpu = torch.cuda.is_available()
    has_bf16 = has_gpu and torch.cuda.is_bf16_supported(including_emulation=False)
    if wanted == AUTO:
        return BF16 if has_bf16 else FP32
    if wanted == FP16 and not has_gpu:
        raise ParamsError("precision is fp16, expected auto, fp32 or bf16 on a machine without a CUDA GPU")
    if wanted == BF16 and has_gpu and not has_bf16:
        raise ParamsError(
            f"precision is bf16, expected auto, fp32 or fp16: {torch.cuda.get_device_name()} does not compute in bf16"
        )
    return wanted
