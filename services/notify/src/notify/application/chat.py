"""Answering in the LINE chat. Replies are free and must come within a minute; nothing is pushed instead."""

from collections.abc import Callable
from datetime import timedelta

from notify.application.ports import ChatInbox, ChatLine, Clock, Question
from notify.domain import chat
from notify.domain.chat import ANSWER_WITHIN, Command, Reply
from notify.domain.delivery import Answer

BATCH = 4
LEASE = 30.0  # seconds
AGAIN = 1.0  # seconds until a failed reply is tried again
FURTHEST_AHEAD = timedelta(minutes=10)


class ChatDesk:
    """Answers what waits."""

    def __init__(
        self, inbox: ChatInbox, line: ChatLine, public_url: str, clock: Clock, idle: Callable[[], None]
    ) -> None:
        self._inbox = inbox
        self._line = line
        self._home = public_url.rstrip("/")
        self._clock = clock
        self._idle = idle

    def step(self) -> bool:
        """Answers a few. It waits by itself when there are none."""
        questions = self._inbox.claim(BATCH, LEASE)
        for question in questions:
            self._answer(question)
        if not questions:
            self._idle()
        return True

    def _answer(self, question: Question) -> None:
        if not self._fresh(question):
            self._inbox.settle(question.event_id, "expired")
            return
        reply = self._reply(question)
        if reply is None:
            self._inbox.later(question.event_id, AGAIN)
            return
        tried = self._line.reply(question.reply_token, reply)
        if tried.answer is Answer.ACCEPTED:
            self._inbox.settle(question.event_id, "answered")
        elif tried.answer is Answer.REFUSED:
            self._inbox.settle(question.event_id, "failed")
        else:
            self._inbox.later(question.event_id, AGAIN)

    def _fresh(self, question: Question) -> bool:
        return -FURTHEST_AHEAD < self._clock() - question.received_at < ANSWER_WITHIN

    def _reply(self, question: Question) -> Reply | None:
        """What to say; None when LINE gives no link token now."""
        bound = question.user_id is not None
        if question.command is Command.HELP:
            return chat.usage(self._home)
        if bound and question.command is Command.ORDERS:
            return chat.your_orders(f"{self._home}/orders")
        if bound:
            return chat.already_bound(self._home)
        token = self._line.link_token(question.line_user_id)
        return None if token is None else chat.bind_here(f"{self._home}/line/bind?linkToken={token}")
