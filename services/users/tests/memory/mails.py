"""Letters that wait, the tokens of their links, and the post."""

from dataclasses import replace

from chassis.testing.memory import Part
from users.domain.mail import Purpose


class MemoryMails(Part):
    def add(self, mail):
        self.store.mails.setdefault(mail.id, (mail, mail.created_at))

    def claim(self, at, until):
        due = sorted((due_at, mail.id, mail) for mail, due_at in self.store.mails.values() if due_at <= at)
        if not due:
            return None
        mail = replace(due[0][2], tries=due[0][2].tries + 1)
        self.store.mails[mail.id] = (mail, until)
        return mail

    def hold(self, mail):
        return mail.id in self.store.mails

    def put_off(self, mail, until):
        self.store.mails[mail.id] = (mail, until)

    def drop(self, mail):
        self.store.mails.pop(mail.id, None)

    def issue(self, token, most):
        self.store.mail_tokens[token.digest] = token
        own = [
            one
            for one in self.store.mail_tokens.values()
            if one.user_id == token.user_id and one.purpose is token.purpose
        ]
        for one in sorted(own, key=lambda one: one.expires_at)[:-most]:
            del self.store.mail_tokens[one.digest]

    def find(self, token_digest):
        return self.store.mail_tokens.get(token_digest)

    def spend(self, token_digest):
        return self.store.mail_tokens.pop(token_digest, None)

    def drop_tokens(self, user_id, address=None):
        self.store.mail_tokens = {k: one for k, one in self.store.mail_tokens.items() if one.user_id != user_id}
        self.store.mails = {
            key: one
            for key, one in self.store.mails.items()
            if one[0].address != address and (one[0].user_id != user_id or one[0].purpose is not Purpose.CHANGE_EMAIL)
        }

    def forget(self, before):
        old = [key for key, token in self.store.mail_tokens.items() if token.expires_at < before]
        for key in old:
            del self.store.mail_tokens[key]
        return len(old)


class PostBox:
    """Takes letters, or fails as it is told to."""

    def __init__(self) -> None:
        self.letters: list = []
        self.trouble: Exception | None = None

    def send(self, letter):
        if self.trouble:
            raise self.trouble
        self.letters.append(letter)
