"""``python -m salesflow_std.audit``."""

from .cli import main

main(prog_name="python -m salesflow_std.audit")
