"""Weights in int8: what rounding changes is made up for on the inputs that a layer meets."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")


def told_by_few(n_rows: int, n_inputs: int, seed: int) -> "torch.Tensor":
    """Inputs most of which follow, in one way for all seeds, from a few others, as those of a trained layer do."""
    how = torch.randn(n_inputs // 8, n_inputs, generator=torch.Generator().manual_seed(0))
    drawn = torch.Generator().manual_seed(seed)
    return torch.randn(n_rows, n_inputs // 8, generator=drawn) @ how + 0.1 * torch.randn(n_rows, n_inputs, generator=drawn)


@pytest.mark.parametrize("n_inputs", [64, 200])  # one block of columns, and two
def test_on_other_inputs_of_the_kind_outputs_move_half_as_far_as_with_the_nearest_levels(n_inputs: int) -> None:
    from contrast.training.rounding import round_layer

    weight = torch.randn(48, n_inputs, generator=torch.Generator().manual_seed(7))
    met = told_by_few(4096, n_inputs, seed=1)
    rounded = round_layer(weight, met.T @ met)
    scales = torch.from_numpy(rounded.scales)[:, None]
    assert torch.allclose(scales[:, 0], weight.abs().amax(dim=1) / 127)
    nearest = torch.round(weight / scales) * scales
    others = told_by_few(256, n_inputs, seed=2)

    def moved(values: "torch.Tensor") -> float:
        return float((others @ (values - weight).T).square().mean().sqrt())

    assert moved(torch.from_numpy(rounded.levels).float() * scales) < 0.5 * moved(nearest)


def test_inputs_that_are_always_nought_or_follow_wholly_from_others_do_no_harm() -> None:
    from contrast.training.rounding import round_layer

    weight = torch.randn(8, 16, generator=torch.Generator().manual_seed(3))
    met = torch.zeros(100, 16)
    met[:, 2] = torch.randn(100, generator=torch.Generator().manual_seed(4))
    met[:, 5] = met[:, 2]
    rounded = round_layer(weight, met.T @ met)
    kept = torch.from_numpy(rounded.levels).float() * torch.from_numpy(rounded.scales)[:, None]
    assert torch.isfinite(kept).all()
    assert (met @ (kept - weight).T).abs().max() < 0.05


def test_a_layer_that_no_input_reaches_is_left_to_the_nearest_levels() -> None:
    from contrast.training.rounding import round_weights

    class Half(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used = torch.nn.Linear(4, 4)
            self.spare = torch.nn.Linear(4, 4)

        def forward(self, x: "torch.Tensor") -> "torch.Tensor":
            return self.used(x)

    model = Half()
    before = model.used.weight.clone()
    assert set(round_weights(model, [{"x": torch.randn(5, 4)}])) == {"used"}
    assert not round_weights(model, [{"x": torch.full((5, 4), torch.nan)}])
    assert not round_weights(model, [])
    assert torch.equal(model.used.weight, before)


@pytest.mark.filterwarnings("ignore")  # torch's exporter and transformers warn of their own future
def test_an_export_holds_the_levels_that_its_inputs_ask_for(tiny_encoder: Path, pairs_folder: Path, tmp_path: Path) -> None:
    from contrast.training.export import as_tensors, export, in_batches, load
    from contrast.training.loop import LoopSettings
    from contrast.training.nli import NliTraining, train_nli
    from contrast.training.probes import probes_of
    from contrast.training.restore import restore
    from contrast.training.rounding import round_weights

    loop = LoopSettings(epochs=1, batch_size=4, device="cpu")
    run = train_nli(NliTraining([pairs_folder], tmp_path / "run", base=str(tiny_encoder), loop=loop))
    met, probes = probes_of("nli", run, [pairs_folder], split="train"), probes_of("nli", run, [pairs_folder])
    export(run, tmp_path / "nli", "nli", probes, rounded_on=met, name="x")
    rounded = round_weights(
        load(run, "nli"), (as_tensors(batch, ("input_ids", "attention_mask", "token_type_ids")) for batch in in_batches(met))
    )
    kept, trained = load(restore(tmp_path / "nli", tmp_path / "again"), "nli").state_dict(), load(run, "nli").state_dict()
    assert len(rounded) == 2 * 6 + 2  # two layers, the pooler and the head
    for name, layer in rounded.items():
        levels = torch.from_numpy(layer.levels).float() * torch.from_numpy(layer.scales)[:, None]
        # What is read once a pair, the pooler and the head, stays in float.
        torch.testing.assert_close(kept[f"{name}.weight"], levels if ".layer." in name else trained[f"{name}.weight"], msg=name)
