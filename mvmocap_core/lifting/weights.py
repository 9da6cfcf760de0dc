"""Weights as safetensors: 8 bytes with the length of a JSON header, the header, the numbers."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mvmocap_core.errors import InputError
from mvmocap_core.files import atomic_file
from mvmocap_core.lifting.networks import TemporalLifter

PRETRAINED = Path(__file__).with_name("temporal_lifter.safetensors")
_TYPES = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "I64": np.dtype("<i8")}


def save_weights(path: Path, net: nn.Module, metadata: dict[str, str]) -> None:
    """Write a network's weights; float32 is kept in half precision."""
    header: dict[str, object] = {"__metadata__": metadata}
    numbers: list[bytes] = []
    end = 0
    for name, tensor in net.state_dict().items():
        array = tensor.detach().cpu().numpy()
        kind = "I64" if array.dtype == np.int64 else "F16"
        data = np.ascontiguousarray(array, dtype=_TYPES[kind]).tobytes()
        header[name] = {
            "dtype": kind, "shape": list(array.shape), "data_offsets": [end, end + len(data)],
        }  # fmt: skip
        end += len(data)
        numbers.append(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with atomic_file(path) as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        file.writelines(numbers)


def load_weights(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Read weights as float32 (and whole numbers), and the file's metadata.

    Raises InputError if the file is missing or is not safetensors.
    """
    try:
        content = path.read_bytes()
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        metadata = header.pop("__metadata__", {})
        weights = {name: _tensor(entry, content, 8 + length) for name, entry in header.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path}: not a file of weights ({error}); install the program again."
        raise InputError(message, reason="bad_weights") from error
    return weights, metadata


def _tensor(entry: dict[str, list[int]], content: bytes, start: int) -> torch.Tensor:
    begin, end = entry["data_offsets"]
    array = np.frombuffer(content[start + begin : start + end], dtype=_TYPES[str(entry["dtype"])])
    array = array.reshape(entry["shape"])
    return torch.from_numpy(array.astype(np.int64 if array.dtype.kind == "i" else np.float32))


def load_lifter(path: Path = PRETRAINED) -> TemporalLifter:
    """Give the pretrained lifter, ready to lift. Raises InputError, see `load_weights`."""
    weights, metadata = load_weights(path)
    net = TemporalLifter(int(metadata["width"]))
    net.load_state_dict(weights)
    return net.eval()
