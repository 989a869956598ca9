"""An invented market for demos and tests: invented companies, prices and news, served on loopback by `market.serve`."""
