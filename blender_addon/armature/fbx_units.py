"""FBX files of Blender in another unit, and with a root that game engines make a bone of.

Blender leaves lengths as they are and scales the armature's node, which engines hand on to the root
bone. Here every length in the file is converted instead, and no armature is scaled.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .export_presets import FbxTraits
from .fbx_file import NAME_END, FbxElement, links_of, objects_of, read_fbx, write_fbx

_SKIPPED = b"Armature"
"""Unreal makes no bone of the node with this name in Blender's files."""
_SIZES = (b"UnitScaleFactor", b"OriginalUnitScaleFactor")
"""Centimetres that the unit is long."""
_MATRICES = (b"Transform", b"TransformLink", b"TransformAssociateModel")
_COMPONENTS = (b"d|X", b"d|Y", b"d|Z")


def adapt_fbx(path: Path, traits: FbxTraits) -> None:
    """Rewrite a binary FBX file of Blender. Its lengths stay what they are in metres.

    Raises OSError when it cannot be read or written.
    """
    root, version = read_fbx(path)
    _Conversion(root).run(traits.unit_m)
    if traits.root_bone:
        _name_root(root, traits.root_bone.encode())
    write_fbx(path, root, version)


def fbx_unit_m(path: Path) -> float:
    """Metres that a unit of the file is long."""
    root, _ = read_fbx(path)
    return _unit_m(root)


class _Conversion:
    def __init__(self, root: FbxElement) -> None:
        self.root = root
        self.models = objects_of(root, b"Model")
        self.links = links_of(root)
        self.owners: dict[int, list[int]] = {}
        self.owned: dict[int, list[int]] = {}
        for child, parent in self.links:
            self.owners.setdefault(child, []).append(parent)
            self.owned.setdefault(parent, []).append(child)
        self.scales = {key: 1.0 for key in self.models}
        for key, scale in self._armatures():
            self.scales |= dict.fromkeys(self._below(key), scale)

    def run(self, unit_m: float) -> None:
        """Convert all lengths, and put the armatures' scales into what is below them."""
        factor = _unit_m(self.root) / unit_m
        self._convert_skins(factor)
        self._convert_poses(factor)
        for key, model in self.models.items():
            for line in model.properties():
                if line.values[0] == b"Lcl Translation":
                    line.values[4:] = [factor * self.scales[key] * v for v in line.values[4:]]
        for key, mesh in objects_of(self.root, b"Geometry").items():
            _multiply(mesh, b"Vertices", factor * self._scale_of_mesh(key))
        self._convert_curves(b"T", {key: factor * scale for key, scale in self.scales.items()})
        armatures = dict(self._armatures())
        self._convert_curves(b"S", {key: 1.0 / scale for key, scale in armatures.items()})
        for key in armatures:
            for line in self.models[key].properties():
                if line.values[0] == b"Lcl Scaling":
                    line.values[4:] = [1.0, 1.0, 1.0]
        for line in _size_lines(self.root):
            line.values[4] = 100.0 * unit_m

    def _armatures(self) -> list[tuple[int, float]]:
        """Nodes of armatures with their scales, where these are even."""
        found = []
        for key, model in self.models.items():
            for line in model.properties():
                if model.values[2] == b"Null" and line.values[0] == b"Lcl Scaling":
                    scales = np.array(line.values[4:])
                    if np.allclose(scales, scales[0], rtol=1e-4) and scales[0] > 0:
                        found.append((key, float(scales[0])))
        return found

    def _below(self, key: int) -> list[int]:
        below = [child for child in self.owned.get(key, ()) if child in self.models]
        return [*below, *(lower for child in below for lower in self._below(child))]

    def _scale_of_mesh(self, key: int) -> float:
        """That of the model of a mesh, a shape key or a part of a skin."""
        for owner in self.owners.get(key, ()):
            if owner:
                return self.scales[owner] if owner in self.scales else self._scale_of_mesh(owner)
        return 1.0

    def _convert_skins(self, factor: float) -> None:
        """Each bone's matrix, and the mesh's as seen from it, at rest."""
        for key, cluster in objects_of(self.root, b"Deformer").items():
            items = {item.name: item for item in cluster.every(*_MATRICES)}
            if b"TransformLink" not in items or b"Transform" not in items:
                continue  # a skin or a shape key
            old = {name: _matrix(item) for name, item in items.items()}
            bones = [child for child in self.owned.get(key, ()) if child in self.scales]
            scale = self.scales[bones[0]] if bones else 1.0
            mesh = old[b"TransformLink"] @ old[b"Transform"]
            new = {name: _resized(matrix, scale, factor) for name, matrix in old.items()}
            mesh = _resized(mesh, self._scale_of_mesh(key), factor)
            new[b"Transform"] = np.linalg.inv(new[b"TransformLink"]) @ mesh
            for name, item in items.items():
                item.values[0] = new[name].T.ravel()

    def _convert_poses(self, factor: float) -> None:
        armatures = dict(self._armatures())
        for pose in objects_of(self.root, b"Pose").values():
            for node in pose.every(b"PoseNode"):
                keys = [item.values[0] for item in node.every(b"Node")]
                scale = armatures.get(keys[0], self.scales.get(keys[0], 1.0)) if keys else 1.0
                for item in node.every(b"Matrix"):
                    item.values[0] = _resized(_matrix(item), scale, factor).T.ravel()

    def _convert_curves(self, letter: bytes, factors: dict[int, float]) -> None:
        """The curves of translation ("T") or scale ("S") of models."""
        nodes = objects_of(self.root, b"AnimationCurveNode")
        curves = objects_of(self.root, b"AnimationCurve")
        kind = letter + NAME_END
        owners = {child: parent for child, parent in self.links
                  if child in nodes and parent in factors}  # fmt: skip
        moved = {key: factors[owner] for key, owner in owners.items()
                 if bytes(nodes[key].values[1]).startswith(kind)}  # fmt: skip
        for key, factor in moved.items():
            for line in nodes[key].properties():
                if line.values[0] in _COMPONENTS:
                    line.values[4] *= factor
        for child, parent in self.links:
            if child in curves and parent in moved:
                _multiply(curves[child], b"KeyValueFloat", moved[parent])


def _unit_m(root: FbxElement) -> float:
    return next(line.values[4] for line in _size_lines(root)) / 100.0


def _size_lines(root: FbxElement) -> Iterator[FbxElement]:
    for settings in root.every(b"GlobalSettings"):
        yield from (line for line in settings.properties() if line.values[0] in _SIZES)


def _multiply(item: FbxElement, name: bytes, factor: float) -> None:
    for child in item.every(name):
        numbers = np.array(child.values[0], dtype=np.float64) * factor
        child.values[0] = numbers.astype(np.float32 if child.types == "f" else np.float64)


def _matrix(item: FbxElement) -> np.ndarray:
    """(4, 4); the file has its columns one after the other."""
    return np.array(item.values[0], dtype=np.float64).reshape(4, 4).T


def _resized(matrix: np.ndarray, scale: float, factor: float) -> np.ndarray:
    """(4, 4) of a node in the world, without the armature's scale and in the new unit."""
    resized = matrix.copy()
    resized[:3, :3] /= scale
    resized[:3, 3] *= factor
    return resized


def _name_root(root: FbxElement, name: bytes) -> None:
    """Call the armature's node `name`, or what is skipped where a bone of that name is there."""
    models = objects_of(root, b"Model")
    for key, model in models.items():
        tops = [models[child] for child, parent in links_of(root)
                if parent == key and child in models]  # fmt: skip
        tops = [top.title for top in tops if top.values[2] == b"LimbNode"]
        if model.values[2] == b"Null" and tops:
            has_root = [top.lower() for top in tops] == [name.lower()]
            model.values[1] = (_SKIPPED if has_root else name) + NAME_END + b"Model"
