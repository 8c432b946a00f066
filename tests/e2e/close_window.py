"""Asks a window to close, as the cross in its title bar does. Without a window manager there is no such cross."""
import ctypes
import sys


class ClientMessage(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        # XSendEvent reads a whole XEvent, which is larger than this one of its kinds.
        ("rest", ctypes.c_long * 16),
    ]


CLIENT_MESSAGE = 33
x = ctypes.CDLL("libX11.so.6")
x.XOpenDisplay.restype = ctypes.c_void_p
x.XInternAtom.restype = ctypes.c_ulong
x.XInternAtom.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
x.XSendEvent.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_long, ctypes.c_void_p]
x.XSync.argtypes = [ctypes.c_void_p, ctypes.c_int]

display = x.XOpenDisplay(None)
window = int(sys.argv[1])
wish = ClientMessage(type=CLIENT_MESSAGE, window=window, format=32)
wish.message_type = x.XInternAtom(display, b"WM_PROTOCOLS", False)
wish.data[0] = x.XInternAtom(display, b"WM_DELETE_WINDOW", False)
if not x.XSendEvent(display, window, False, 0, ctypes.byref(wish)):
    sys.exit("the window did not get it")
x.XSync(display, False)
