"""The API by which programs show and change chats: JSON over the operations that pages use.

``models`` says what is answered, ``asked`` what is asked; ``document``
describes all addresses as OpenAPI, and the other modules have them, each those of a screen.
"""
