"""The press: turns a layout and facts into PDF, in forked processes without files and network, and with limits."""

from printing.press.client import Press, press
from printing.press.orders import Limits, Order, PrintRefused, Sheet

__all__ = ["Limits", "Order", "Press", "PrintRefused", "Sheet", "press"]
