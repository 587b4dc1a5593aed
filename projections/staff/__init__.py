"""What people who are signed in may read, and who they are.

In come actors (``domain.actors``); out go the rows that they may see. Every question of staff
is asked inside ``fence.reading``, under a role that owns nothing, so a filter that was forgotten
shows nothing that ``domain.access`` forbids.
"""
