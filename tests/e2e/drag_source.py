"""A small window to drag documents from, as a file manager's would be.

usage: drag_source.py X Y FILE|LINK...
Says what happens on standard output: ready, begin, asked (the target took the list), end or failed.
"""

import sys
from pathlib import Path

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402

x, y, files = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]


def say(word):
    print(word, flush=True)


def hand_over(_widget, _context, selection, _info, _time):
    selection.set_uris([file if file.startswith("https://") else Path(file).absolute().as_uri() for file in files])
    say("asked")


def failed(*_):
    say("failed")
    return False


# A pop-up: there is no window manager that would keep an ordinary window above the big one.
window = Gtk.Window(type=Gtk.WindowType.POPUP, title="drag source")
window.set_default_size(120, 60)
window.move(x, y)
handle = Gtk.EventBox()
handle.add(Gtk.Label(label="drag me"))
window.add(handle)
handle.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
handle.drag_source_add_uri_targets()
handle.connect("drag-begin", lambda *_: say("begin"))
handle.connect("drag-data-get", hand_over)
handle.connect("drag-end", lambda *_: say("end"))
handle.connect("drag-failed", failed)
window.connect("map-event", lambda *_: say("ready"))
window.show_all()
Gtk.main()
