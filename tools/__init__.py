"""The harness behind `make test`, `make demo` and `make benchmark`. Not part of the installed app."""
