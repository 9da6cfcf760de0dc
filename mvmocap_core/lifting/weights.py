"""Weights as safetensors: 8 bytes with the length of a JSON header, the header, the numbers."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mvmocap_core.errors import InputError
from mvmocap_core.files import atomic_file

PRETRAINED = Path(__file__).with_name("temporal_lifter.safetensors")
_TYPES = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "I64": np.dtype("<i8")}


def save_weights(path: Path, weights: Mapping[str, np.ndarray], metadata: dict[str, str]) -> None:
    """Write a network's weights; fractions are kept in half precision."""
    header: dict[str, object] = {"__metadata__": metadata}
    numbers: list[bytes] = []
    end = 0
    for name, array in weights.items():
        kind = "I64" if array.dtype.kind == "i" else "F16"
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


def load_weights(path: Path = PRETRAINED) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read weights as float32 (whole numbers as int64), and the file's metadata.

    Raises InputError if the file is missing or is not safetensors.
    """
    try:
        content = path.read_bytes()
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        metadata = header.pop("__metadata__", {})
        weights = {name: _array(entry, content, 8 + length) for name, entry in header.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path}: not a file of weights ({error}); install the program again."
        raise InputError(message, reason="bad_weights") from error
    return weights, metadata


def _array(entry: dict[str, list[int]], content: bytes, start: int) -> np.ndarray:
    begin, end = entry["data_offsets"]
    array = np.frombuffer(content[start + begin : start + end], dtype=_TYPES[str(entry["dtype"])])
    array = array.reshape(entry["shape"])
    return array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
