"""Rounds weights to int8 so that what each rounding changes is made up for by the weights not yet rounded (GPTQ; Frantar et al., 2023,
https://arxiv.org/abs/2210.17323).

Rounding each weight to the nearest level keeps the weights near what they were; this keeps what the layers give on real inputs near it,
which is what decisions depend on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

LEVELS = 127
# Columns rounded before what they changed is carried to all that follow, as in the paper.
N_COLUMNS = 128
# Added to the diagonal, as shares of its mean: the first with which the inputs' products can be inverted.
DAMPINGS = (0.01, 0.1, 1.0)


@dataclass(frozen=True, slots=True)
class Rounded:
    """A layer's weights (outputs, inputs) as int8 levels, and the scale of each output (outputs,)."""

    levels: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]


def round_weights(model: torch.nn.Module, batches: Iterable[Mapping[str, torch.Tensor]]) -> dict[str, Rounded]:
    """The linear layers of the model by name, rounded for what they meet when the model reads the batches; the model stays as it is.

    Layers that none of the batches reaches, or whose inputs are no numbers, are not among them.
    """
    layers = {name: module for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    products: dict[str, torch.Tensor] = {}

    def watch(name: str) -> torch.utils.hooks.RemovableHandle:
        def add(_: torch.nn.Module, given: tuple[torch.Tensor, ...], __: torch.Tensor) -> None:
            rows = given[0].detach().reshape(-1, given[0].shape[-1]).float()
            products[name] = products.get(name, torch.zeros(())) + rows.T @ rows

        return layers[name].register_forward_hook(add)

    handles = [watch(name) for name in layers]
    try:
        with torch.inference_mode():
            for batch in batches:
                model(**batch)
    finally:
        for handle in handles:
            handle.remove()
    usable = {name: product.double() for name, product in products.items() if torch.isfinite(product).all() and product.any()}
    return {name: round_layer(layers[name].weight.detach(), product) for name, product in usable.items()}


def round_layer(weight: torch.Tensor, products: torch.Tensor) -> Rounded:
    """The weights (outputs, inputs) rounded, given the sum over inputs x of x xᵀ (inputs, inputs).

    >>> rounded = round_layer(torch.tensor([[1.27, 0.5]]), torch.eye(2))
    >>> rounded.levels.tolist(), rounded.scales.round(4).tolist()
    ([[127, 50]], [0.009999999776482582])
    """
    scales = (weight.abs().amax(dim=1) / LEVELS).clamp(min=1e-12).double()
    # What moves most is rounded first, while there is much left to make up for it.
    order = torch.argsort(torch.diag(products), descending=True, stable=True)
    left, factor = weight.double()[:, order], _inverse_factor(products.double()[order][:, order])
    levels = torch.zeros_like(left)
    for start in range(0, left.shape[1], N_COLUMNS):
        block = slice(start, start + N_COLUMNS)
        changed = torch.zeros_like(left[:, block])
        for k in range(start, min(start + N_COLUMNS, left.shape[1])):
            levels[:, k] = torch.clamp(torch.round(left[:, k] / scales), -LEVELS, LEVELS)
            changed[:, k - start] = (left[:, k] - levels[:, k] * scales) / factor[k, k]
            left[:, k:][:, : block.stop - k] -= changed[:, k - start, None] * factor[k, k : block.stop]
        left[:, block.stop :] -= changed @ factor[block, block.stop :]
    return Rounded(levels[:, torch.argsort(order)].to(torch.int8).numpy(), scales.float().numpy())


def _inverse_factor(products: torch.Tensor) -> torch.Tensor:
    """The upper Cholesky factor of the inverse of the products, damped as little as that takes."""
    mean = torch.diag(products).mean()
    eye = torch.eye(len(products), dtype=products.dtype)
    for damping in DAMPINGS[:-1]:
        lower, failed = torch.linalg.cholesky_ex(products + eye * mean * damping)
        if not failed:
            break
    else:
        lower = torch.linalg.cholesky(products + eye * mean * DAMPINGS[-1])
    upper: torch.Tensor = torch.linalg.cholesky(torch.cholesky_inverse(lower), upper=True)
    return upper
