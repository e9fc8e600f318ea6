"""Keep every Python process of the harness on this machine.

Python imports a `sitecustomize` it finds on its path. The harness puts this folder there, so that a bench
command, a web server or a worker that would ask a server on the Internet (ERPNext asks Gravatar whenever a
lead with an e-mail is saved) is refused at once instead of waiting for its time-out.
"""

import ipaddress
import os
import socket

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_getaddrinfo = socket.getaddrinfo
_allowed = {"", "localhost", "0.0.0.0", *os.environ.get("SALESFLOW_ALLOWED_HOSTS", "").split()}


def _is_local(host: object) -> bool:
	if host is None:
		return True
	name = host.decode() if isinstance(host, bytes) else str(host)
	if name in _allowed or name.endswith(".localhost"):
		return True
	try:
		return ipaddress.ip_address(name.partition("%")[0]).is_loopback
	except ValueError:
		return False


def _refuse_if_remote(sock: socket.socket, address: object) -> None:
	if sock.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
		raise ConnectionRefusedError(f"the test harness does not connect to {address[0]}")


def connect(self, address):
	_refuse_if_remote(self, address)
	return _connect(self, address)


def connect_ex(self, address):
	_refuse_if_remote(self, address)
	return _connect_ex(self, address)


def getaddrinfo(host, *args, **kwargs):
	if not _is_local(host):
		raise socket.gaierror(socket.EAI_NONAME, f"the test harness does not look up {host}")
	return _getaddrinfo(host, *args, **kwargs)


if os.environ.get("SALESFLOW_OFFLINE") == "1":
	socket.socket.connect = connect
	socket.socket.connect_ex = connect_ex
	socket.getaddrinfo = getaddrinfo
