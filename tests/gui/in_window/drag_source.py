"""X Y PATH: drag a file onto the window that takes drops, as a file manager does.

Speaks the protocol XDND, version 5, through Xlib. X and Y are the screen's, from its top left.
"""

import ctypes
import os
import sys
import time
from ctypes import POINTER, Structure, Union, byref, c_char_p, c_int, c_long, c_ulong, c_void_p
from pathlib import Path
from urllib.parse import quote

_TIMEOUT_S = 60.0
_STEP_S = 0.3
_MOVES = 5
"""How often the mouse is told to be there before it lets go: Blender looks at where it was."""
_CLIENT_MESSAGE, _SELECTION_REQUEST, _SELECTION_NOTIFY = 33, 30, 31

_HEAD = [("type", c_int), ("serial", c_ulong), ("send_event", c_int), ("display", c_void_p)]


class ClientMessage(Structure):
    _fields_ = [*_HEAD, ("window", c_ulong), ("kind", c_ulong), ("format", c_int),
                ("data", c_long * 5)]  # fmt: skip  # noqa: RUF012 - as ctypes wants it


class SelectionRequest(Structure):
    _names = ("owner", "window", "selection", "target", "property", "time")
    _fields_ = [*_HEAD, *((name, c_ulong) for name in _names)]  # noqa: RUF012


class SelectionNotify(Structure):
    _names = ("window", "selection", "target", "property", "time")
    _fields_ = [*_HEAD, *((name, c_ulong) for name in _names)]  # noqa: RUF012


class Event(Union):
    _fields_ = [("type", c_int), ("client", ClientMessage), ("request", SelectionRequest),
                ("notify", SelectionNotify), ("room", c_long * 24)]  # fmt: skip  # noqa: RUF012


class Source:
    """A window of no size that has one file to give."""

    def __init__(self, path: Path) -> None:
        self._uri = f"file://{quote(os.fspath(path))}\r\n".encode()
        self._x = ctypes.CDLL("libX11.so.6")
        for name in ("XOpenDisplay", "XListProperties"):
            getattr(self._x, name).restype = c_void_p
        for name in ("XInternAtom", "XDefaultRootWindow", "XCreateSimpleWindow"):
            getattr(self._x, name).restype = c_ulong
        self._display = c_void_p(self._x.XOpenDisplay(None))
        root = c_ulong(self._x.XDefaultRootWindow(self._display))
        one = self._x.XCreateSimpleWindow(
            self._display, root, 0, 0, 1, 1, 0, c_ulong(0), c_ulong(0)
        )
        self._own = c_ulong(one)
        self._target = self._find_target(root)
        self._x.XSetSelectionOwner(
            self._display, self._atom("XdndSelection"), self._own, c_ulong(0)
        )

    def drag(self, x: int, y: int) -> None:
        """Go there, let go, and hand the file's address over.

        Raises:
            TimeoutError: when the window does not take it.
        """
        self._send("XdndEnter", 5 << 24, self._atom("text/uri-list").value)
        end_s = time.monotonic() + _TIMEOUT_S
        n_moves = 0
        while time.monotonic() < end_s:
            if n_moves <= _MOVES:
                n_moves += 1
                copy = self._atom("XdndActionCopy").value
                place = (0, x << 16 | y, 0, copy)
                self._send(*(("XdndPosition", *place) if n_moves <= _MOVES else ("XdndDrop", 0)))
            time.sleep(_STEP_S)
            if self._answer_all():
                return
        raise TimeoutError("the window has not taken what was dropped")

    def _answer_all(self) -> bool:
        """Answer what the window asks; whether it has finished."""
        while self._x.XPending(self._display):
            event = Event()
            self._x.XNextEvent(self._display, byref(event))
            if event.type == _SELECTION_REQUEST:
                self._give(event.request)
            is_told = event.type == _CLIENT_MESSAGE
            if is_told and event.client.kind == self._atom("XdndFinished").value:
                return True
        return False

    def _give(self, asked: SelectionRequest) -> None:
        place = [c_ulong(value) for value in (asked.window, asked.property, asked.target)]
        self._x.XChangeProperty(self._display, *place, 8, 0, self._uri, len(self._uri))
        told = Event(notify=SelectionNotify(type=_SELECTION_NOTIFY))
        for name in ("window", "selection", "target", "property", "time"):
            setattr(told.notify, name, getattr(asked, name))
        self._x.XSendEvent(self._display, place[0], 0, c_long(0), byref(told))
        self._x.XFlush(self._display)

    def _send(self, kind: str, *data: int) -> None:
        message = ClientMessage(type=_CLIENT_MESSAGE, format=32, window=self._target.value)
        message.kind = self._atom(kind).value
        for place, value in enumerate((self._own.value, *data)):
            message.data[place] = value
        event = Event(client=message)
        self._x.XSendEvent(self._display, self._target, 0, c_long(0), byref(event))
        self._x.XFlush(self._display)

    def _atom(self, name: str) -> c_ulong:
        return c_ulong(self._x.XInternAtom(self._display, c_char_p(name.encode()), 0))

    def _find_target(self, root: c_ulong) -> c_ulong:
        """The window that says it takes drops; there is no window manager between."""
        above, parent, children, number = c_ulong(), c_ulong(), POINTER(c_ulong)(), c_int()
        found = (byref(above), byref(parent), byref(children), byref(number))
        self._x.XQueryTree(self._display, root, *found)
        for window in map(c_ulong, children[: number.value]):
            listed = c_int()
            atoms = self._x.XListProperties(self._display, window, byref(listed))
            names = ctypes.cast(atoms, POINTER(c_ulong))[: listed.value] if atoms else []
            if self._atom("XdndAware").value in names:
                return window
        raise LookupError("no window takes drops")


Source(Path(sys.argv[3])).drag(int(sys.argv[1]), int(sys.argv[2]))
