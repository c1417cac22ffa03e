"""Bindings to LINE users, and the nonces that lead there."""

import copy

from chassis.testing.memory import Part


class MemoryLine(Part):
    def issue(self, nonce, most):
        self.store.nonces[nonce.digest] = nonce
        own = sorted((n for n in self.store.nonces.values() if n.user_id == nonce.user_id), key=lambda n: n.expires_at)
        for one in own[:-most]:
            del self.store.nonces[one.digest]

    def issued_to(self, nonce_digests):
        return {self.store.nonces[one].user_id for one in nonce_digests if one in self.store.nonces}

    def spend(self, nonce_digest):
        return self.store.nonces.pop(nonce_digest, None)

    def hold(self, user_id, line_user_id):
        holders = [one for one in self.store.bindings.values() if one.line_user_id == line_user_id]
        return self.get(user_id), copy.deepcopy(holders[0]) if holders else None

    def owner(self, line_user_id):
        return next((one.user_id for one in self.store.bindings.values() if one.line_user_id == line_user_id), None)

    def drop_nonces(self, user_id):
        self.store.nonces = {key: one for key, one in self.store.nonces.items() if one.user_id != user_id}

    def get(self, user_id):
        return copy.deepcopy(self.store.bindings.get(user_id))

    def save(self, binding):
        others = [one for one in self.store.bindings.values() if one.user_id != binding.user_id]
        assert binding.line_user_id is None or binding.line_user_id not in {one.line_user_id for one in others}
        self.store.bindings[binding.user_id] = copy.deepcopy(binding)

    def forget(self, before):
        old = [key for key, nonce in self.store.nonces.items() if nonce.expires_at < before]
        for key in old:
            del self.store.nonces[key]
        return len(old)
