"""Accounts, their sessions and addresses, and whether they may sell."""

import copy

from chassis.testing.memory import Part, Table
from kernel.locales import DEFAULT
from users.application.ports import ShownToken
from users.domain.account import Profile
from users.domain.address import AddressBook
from users.domain.session import REFRESH_LIFE


class MemoryAccounts(Table):
    rows = "accounts"

    def add(self, account):
        taken = {one.email for one in self.store.accounts.values()} - {None}
        return account.email not in taken and super().add(account)

    def by_id(self, user_id):
        account = self.store.accounts.get(user_id)
        if account is None or account.deleted_at is not None:
            return None
        seller, binding = self.store.sellers.get(user_id), self.store.bindings.get(user_id)
        bound = binding is not None and binding.line_user_id is not None
        return Profile(copy.deepcopy(account), seller.state.value if seller else None, bound)

    def by_email(self, email):
        return next((self.by_id(one.id) for one in self.store.accounts.values() if one.email == email), None)

    def lock(self, user_id):
        profile = self.by_id(user_id)
        return profile.account if profile else None

    def reading_another(self, after, limit):
        reading = (one for _, one in sorted(self.store.accounts.items()) if one.locale is not DEFAULT)
        found = [one for one in reading if one.deleted_at is None and (after is None or one.id > after)]
        return copy.deepcopy(found[:limit])

    def rehash(self, user_id, old, new):
        if self.store.accounts[user_id].password_hash == old:
            self.store.accounts[user_id].password_hash = new


class MemorySessions(Table):
    rows = "sessions"

    def begin(self, session):
        return copy.deepcopy(self.store.sessions.setdefault(session.id, copy.deepcopy(session)))

    def shown(self, token_digest):
        if token_digest not in self.store.tokens:
            return None
        session_id, generation, _ = self.store.tokens[token_digest]
        session = self.get(session_id)
        return ShownToken(session, generation, MemoryAccounts(self.store).by_id(session.user_id))

    def living(self, user_id):
        own = [one for one in self.store.sessions.values() if one.user_id == user_id and one.revoked_at is None]
        return copy.deepcopy(own)

    def issue(self, session, token_digest, at):
        self.store.tokens[token_digest] = (session.id, session.generation, at)

    def revoked_since(self, moment):
        return [one for one in self.store.sessions.values() if one.revoked_at and one.revoked_at >= moment]

    def forget(self, before):
        over = {one.id for one in self.store.sessions.values() if one.expires_at < before}
        old = [
            key
            for key, (session_id, _, issued_at) in self.store.tokens.items()
            if session_id in over or issued_at < before - REFRESH_LIFE
        ]
        for key in old:
            del self.store.tokens[key]
        for key in over:
            del self.store.sessions[key]
        return len(over) + len(old)


class MemorySellers(Table):
    rows = "sellers"

    def add(self, seller):
        return seller.id in self.store.accounts and super().add(seller)

    def many(self, seller_ids):
        return [self.store.sellers[one] for one in seller_ids if one in self.store.sellers]

    def page(self, state, after, limit):
        found = sorted(self.store.sellers.values(), key=lambda one: one.id)
        wanted = [one for one in found if state in (None, one.state) and (after is None or one.id > after)]
        return wanted[:limit]


class MemoryAddresses(Part):
    def of(self, user_id):
        return AddressBook(user_id, list(self.store.books.get(user_id, [])))

    def save(self, book):
        self.store.books[book.user_id] = list(book.addresses)
