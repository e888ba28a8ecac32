"""What the results of several analyses say together: claims, each with what carries it."""

from __future__ import annotations

from smartcombo.evidence.claims import Linked, claims

__all__ = ["Linked", "claims"]
