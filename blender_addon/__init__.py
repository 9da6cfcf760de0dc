"""The Blender extension. Nothing is imported before Blender enables it."""


def register() -> None:
    """Enable the extension."""
    from . import registration

    registration.register()


def unregister() -> None:
    """Disable the extension."""
    from . import registration

    registration.unregister()
