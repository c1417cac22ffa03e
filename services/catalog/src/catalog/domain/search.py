"""How products are found by their words, in any script: by pairs of neighbouring characters.

Chinese has no blanks between words, and most searches have two characters: too short for trigrams. So a text is known
by all its bigrams and single characters, and a word is searched by its bigrams, then compared as a whole.
"""

import unicodedata

LONGEST_QUERY = 60
MOST_WORDS = 8


def normalised(text: str) -> str:
    """Full width and compatibility forms folded, lower case, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def terms(text: str) -> list[str]:
    """Single characters and bigrams of a text, without those that hold a blank; sorted, each once."""
    found: set[str] = set()
    for word in normalised(text).split():
        found.update(word)
        found.update(word[at : at + 2] for at in range(len(word) - 1))
    return sorted(found)


def words(query: str) -> list[str]:
    """The words of a query, at most eight. Control characters and broken surrogates part words."""
    readable = "".join(" " if unicodedata.category(one) in {"Cc", "Cs"} else one for one in query[:LONGEST_QUERY])
    return normalised(readable).split()[:MOST_WORDS]


def wanted(word: str) -> list[str]:
    """What a text's terms must contain to hold this word: its bigrams, or itself when it is one character."""
    return [word] if len(word) == 1 else sorted({word[at : at + 2] for at in range(len(word) - 1)})
