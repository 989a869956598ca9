"""The training of an adapter: conversations as rows of tokens, the steps over them, and the weights that are left."""
