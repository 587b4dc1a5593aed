"""Words of a person that must not stand readable in an address, such as a surname.

A list that is filtered by a surname has an address all the same: the way back, the next page and
reloading work. Guarantees: in the address the words are unreadable to whoever has not got the
session's forms (a browser's history, a proxy's log, somebody looking over a shoulder), and
another session does not take them.
"""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken


def seal(form_token: str, words: str) -> str:
    """The words for an address; ``form_token`` is that of the session."""
    return _box(form_token).encrypt(words.encode("utf-8", errors="replace")).decode()


def unseal(form_token: str, sealed: str) -> str | None:
    """The words; None where they were sealed in another session, or by nobody."""
    try:
        return _box(form_token).decrypt(sealed.encode("utf-8", errors="replace")).decode()
    except InvalidToken:
        return None


def _box(form_token: str) -> Fernet:
    key = hmac.new(form_token.encode(), b"rollcall sealed words", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(key))
