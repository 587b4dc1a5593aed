"""The API by which programs show and change chats: JSON over the operations that pages use.

``models`` says what is answered, ``asked`` what is asked; ``lists`` and ``changes`` have the
addresses; ``document`` describes them all as OpenAPI.
"""
