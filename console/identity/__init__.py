"""Who somebody is, told by others: the port of identity providers, and what speaks OpenID Connect.

Guarantees: no exception of Authlib, joserfc or the HTTP client leaves this folder, and nothing
that a provider says about a person but who they are is kept. ``docs/sign-in.md`` says what an
adopter of another provider (ЕСИА) brings.
"""
