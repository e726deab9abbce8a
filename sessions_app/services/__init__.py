"""The verbs of sessions: validated input in, one commit to the store, a result out."""
