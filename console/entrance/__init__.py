"""The door of the console: every address says who may come in, and nobody comes in otherwise.

Guarantees: an address without such a word does not start; who somebody is, is asked anew at each
request; nothing changes by a request that another site had a browser make.
"""
