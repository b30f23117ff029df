"""One module a format; each brings its LogFormat as FORMAT."""
