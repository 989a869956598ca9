"""The assistant over HTTP: `make_app` is the ASGI application, `run` serves it. Needs the extra `serve`."""
