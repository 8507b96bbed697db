"""The pages of a day with more votes than one page holds."""

from collections.abc import Callable

from streams.domain.page import Page, unpack


class Segments:
    """The pages of a day that has more than one. All of them are packed, or all unpacked with an index."""

    __slots__ = ("index", "last", "pages")

    def __init__(self, pages: list[Page | bytes]) -> None:
        self.pages = pages
        self.index: dict[int, Page] | None = None
        """The page of each identity that is not in the last one; None while packed."""
        self.last: Page | None = None

    def unpack(self, key: Callable[[int], bytes]) -> None:
        """Unpack all pages; `key` gives the row key of a segment."""
        pages = [page if isinstance(page, Page) else unpack(key(n), page) for n, page in enumerate(self.pages)]
        self.index = {identity: page for page in pages[:-1] for identity in page.positions}
        self.last = pages[-1]
        self.pages = list(pages)

    def append(self, page: Page) -> None:
        """Begin another page: the last one is full."""
        assert self.index is not None
        assert self.last is not None
        self.index.update(dict.fromkeys(self.last.positions, self.last))
        self.pages.append(page)
        self.last = page

    def pack(self) -> None:
        """Pack all pages."""
        self.pages = [page.pack() if isinstance(page, Page) else page for page in self.pages]
        self.index = self.last = None
