"""An index on this machine with a PyTorch of a few bytes, and servers that fail."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from blender_addon.gpu_solver.builds import GpuBuild, GpuWheel

CARD = "Some Card"


def fake_wheel(package: str, version: str = "2.13.0") -> bytes:
    """A wheel with a module of the package's name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as wheel:
        wheel.writestr(f"{package}/__init__.py", f'__version__ = "{version}"\n')
        wheel.writestr(f"{package}/include/header.h", "")
        metadata = f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
        wheel.writestr(f"{package}-{version}.dist-info/METADATA", metadata)
    return content.getvalue()


@contextmanager
def served(files: Mapping[str, bytes], *, cut_after: int | None = None) -> Iterator[str]:
    """Serve files by their path; yields the address.

    cut_after: send so many bytes of each file, and break off.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802 - the library's name
            content = files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:cut_after])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def build_of(address: str, files: Mapping[str, bytes]) -> GpuBuild:
    """A build for no real platform of what the address serves."""
    return GpuBuild(
        name="PyTorch 2.13.0 for tests",
        platform="none",
        python="3.11",
        min_driver=0,
        wheels=tuple(
            GpuWheel(address + path, hashlib.sha256(content).hexdigest(), len(content))
            for path, content in files.items()
        ),
    )
