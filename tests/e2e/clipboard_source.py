"""A program that has copied something, as a file manager, a spreadsheet or an image viewer would.

usage: clipboard_source.py files FILE... | table | picture FILE | text TEXT
Says "ready" once it has the clipboard, and keeps it until it is ended. Says "given" whenever somebody has a text of it.
"""

import sys
from pathlib import Path

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GdkPixbuf, GLib, Gtk  # noqa: E402

what, rest = sys.argv[1], sys.argv[2:]
clipboard = Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)

if what == "picture":
    clipboard.set_image(GdkPixbuf.Pixbuf.new_from_file(rest[0]))
else:
    # Only an owner with a window can offer forms of its own making; these are what file managers and spreadsheets offer.
    uris = [Path(file).absolute().as_uri() for file in rest] if what == "files" else []
    forms = {
        "files": {
            "x-special/gnome-copied-files": "copy\n" + "\n".join(uris),
            "text/uri-list": "\r\n".join(uris) + "\r\n",
            "UTF8_STRING": "\n".join(rest),
        },
        "text": {"UTF8_STRING": "".join(rest)},
        "table": {
            "UTF8_STRING": "Name\tSum\nAnna\t3\nBerta\t4\n",
            "text/html": "<table><tr><td>Name</td><td>Sum</td></tr><tr><td>Anna</td><td>3</td></tr></table>",
        },
    }[what]
    window = Gtk.Window(type=Gtk.WindowType.POPUP)
    window.realize()
    selection = Gdk.SELECTION_CLIPBOARD
    for number, form in enumerate(forms):
        Gtk.selection_add_target(window, selection, Gdk.Atom.intern(form, False), number)

    def hand_over(_widget, data, number, _time):
        data.set(data.get_target(), 8, list(forms.values())[number].encode())
        # Behind the answer: whoever asked has it before any key that is pressed from now on.
        GLib.idle_add(given)

    def given():
        Gdk.Display.get_default().sync()
        print("given", flush=True)
        return False

    window.connect("selection-get", hand_over)
    if not Gtk.selection_owner_set(window, selection, Gdk.CURRENT_TIME):
        sys.exit("the clipboard is not to be had")

print("ready", flush=True)
Gtk.main()
