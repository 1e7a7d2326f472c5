"""Twenty-nine made-up web pages in the structures that news sites commonly have, each with what a reader would take from it."""

import html
import json
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Story:
    """A made-up article: what must come out of every page that carries it."""

    title: str
    date: str
    paragraphs: tuple[str, ...]


FERRY = Story(
    "Ferry line “will sail all winter”, owner says",
    "2024-11-05",
    (
        "The ferry between Osk and Little Harrow will sail every day this winter, its owner, Dana Wirth, promised on Tuesday.",
        "“Nobody on the island will be cut off,” Ms Wirth told a meeting of 200 islanders in the school hall.",
        "The harbour log shows no sailing on nine of the past fourteen days. The boat lay at the northern quay, its engine covered.",
        "Islanders said they had rowed across for bread & fuel; a doctor’s visit was put off twice, the council’s minutes record.",
        "The line received 1.2m crowns from the county in August for keeping the timetable, according to the county’s accounts.",
        "Ms Wirth did not answer questions about the log. The next meeting is to be held on 19 November.",
    ),
)
QUARRY = Story(
    "Quarry halts blasting after cracks in village school",
    "2023-03-14",
    (
        "The quarry above Temmel has stopped all blasting until engineers have examined the village school, its operator said on Monday.",
        "Residents heard three explosions on Monday night and one on Tuesday at noon, and seismographs at the university recorded four.",
        "“What they heard was thunder,” said Piet Amsel, a spokesman for the operator. The weather service reported clear skies.",
        "Two classrooms have been closed since February, when a crack as wide as a finger opened in an outer wall, the headmistress said.",
        "The district ordered monitors to be set up at six houses. By Tuesday evening two had been installed, a district engineer said.",
    ),
)
CLINIC = Story(
    "Hospital group denies plan to close Marren clinic",
    "2022-06-30",
    (
        "Northway Hospitals has no plan to close its clinic in Marren, the group’s chief executive, Ruth Calder, said on Thursday.",
        "Beds on two of its five wards were carried out on Wednesday, and 31 nurses were given notice, a union representative said.",
        "An internal timetable dated 2 May lists the building as “vacant from 1 October”; the group confirmed that the paper is genuine.",
        "Ms Calder described it as one of several sketches. “Sketches are not decisions,” she told reporters outside the county hall.",
        "Patients booked for October have been sent to Lund, forty kilometres away, according to letters that four of them showed.",
        "The county council meets next Wednesday to discuss the clinic, which treated 18,400 people last year.",
    ),
)
MARKUP = Story(
    "Council: <b> tags in the tender were a “slip”",
    "2021-09-01",
    (
        "The council of Harl will publish all bids for its new website by Friday, the mayor, Ola Brandt, said on Wednesday.",
        "Seven of the twelve bids were missing from the archive on Saturday, a journalist at the local radio station found.",
        "In the tender a supplier had written <script>alert(1)</script> & the page fell over, two clerks said.",
        "The mayor called the matter a slip. The same page had failed in May and in July, according to its public log of errors.",
        "The opposition asked for an inquiry, which a majority of the council turned down by nine votes to eight.",
    ),
)

CLUTTER = (
    "Accept all cookies",
    "Sign in",
    "Most read",
    "Ten things to do",
    "Subscribe",
    "Share on",
    "All rights reserved",
    "Photograph:",
    "Privacy",
    "You may also like",
    "Comments",
    "Weather",
    "Advertisement",
    "continues below",
    "READ MORE",
    "Follow us",
    "newsletter",
    "Additional reporting",
    "Ines Okafor",
    "hours ago",
)


def _e(text: str) -> str:
    return html.escape(text, quote=False)


def _p(story: Story) -> str:
    return "\n".join(f"<p>{_e(text)}</p>" for text in story.paragraphs)


def _json_ld(story: Story, **more: object) -> str:
    about = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": story.title,
        "datePublished": f"{story.date}T07:30:00+01:00",
    }
    return f'<script type="application/ld+json">{json.dumps({**about, **more})}</script>'.replace("<b>", "\\u003cb>")


def _page(story: Story, body: str, *, head: str = "", site: str = "The Harrow Post", html_attributes: str = 'lang="en"') -> str:
    return (
        f"<!DOCTYPE html>\n<html {html_attributes}><head><meta charset='utf-8'><title>{_e(story.title)} | {site}</title>\n{head}</head>\n"
        f"<body>{body}</body></html>"
    )


NAV = '<nav><ul><li><a href="/">Home</a></li><li><a href="/in">Sign in</a></li><li><a href="/w">Weather</a></li></ul></nav>'
FOOTER = '<footer><p>© 2026 The Harrow Post. All rights reserved.</p><a href="/p">Privacy</a></footer>'
OPEN_GRAPH = '<meta property="og:title" content="{title}"><meta property="article:published_time" content="{date}T09:12:00Z">'


def _open_graph(story: Story) -> str:
    return OPEN_GRAPH.format(title=html.escape(story.title), date=story.date)


def article_tag(s: Story) -> str:
    return _page(s, f'{NAV}<main><article><h1>{_e(s.title)}</h1><time datetime="{s.date}">today</time>{_p(s)}</article></main>{FOOTER}')


def json_ld(s: Story) -> str:
    return _page(s, f"{NAV}<div class='story-body'><h1>{_e(s.title)}</h1>{_p(s)}</div>{FOOTER}", head=_json_ld(s))


def json_ld_graph(s: Story) -> str:
    graph = {"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "Post"}, json.loads(_json_ld(s)[35:-9])]}
    head = f'<script type="application/ld+json">{json.dumps(graph)}</script>'
    return _page(s, f"{NAV}<article><header><h1>{_e(s.title)}</h1></header><section>{_p(s)}</section></article>", head=head)


def open_graph(s: Story) -> str:
    return _page(s, f"<div id='content'><h1>{_e(s.title)}</h1><div class='entry-content'>{_p(s)}</div></div>{FOOTER}", head=_open_graph(s))


def time_tag(s: Story) -> str:
    day = f'<p class="meta">Published <time datetime="{s.date}T18:00:00+02:00" pubdate>then</time></p>'
    return _page(s, f"{NAV}<div role='main'><h1>{_e(s.title)}</h1>{day}<div class='article-body'>{_p(s)}</div></div>{FOOTER}")


def byline_in_header(s: Story) -> str:
    byline = f'<div class="byline">By <a rel="author" href="/staff/lind">Mara Lind</a> <time datetime="{s.date}">{s.date}</time></div>'
    return _page(s, f"{NAV}<article><header><h1>{_e(s.title)}</h1>{byline}</header><div class='content'>{_p(s)}</div></article>{FOOTER}")


def cookie_banner(s: Story) -> str:
    banner = (
        "<div id='cookie-banner' class='cookie-consent' role='dialog'><p>We and our 812 partners store information on your device "
        "to measure how our pages are read. Accept all cookies or choose.</p>"
        "<button>Accept all cookies</button></div>"
    )
    return _page(s, f"{banner}{NAV}<article><h1>{_e(s.title)}</h1>{_p(s)}</article>{FOOTER}", head=_open_graph(s))


def related_links(s: Story) -> str:
    links = "".join(f"<li><a href='/{k}'>Ten things to do on the coast this weekend, part {k}</a></li>" for k in range(8))
    related = f"<aside class='related'><h2>Most read</h2><ul>{links}</ul></aside>"
    return _page(s, f"{NAV}<div class='cols'><article><h1>{_e(s.title)}</h1>{_p(s)}</article>{related}</div>{FOOTER}", head=_json_ld(s))


def live_blog(s: Story) -> str:
    posts = "".join(
        f"<div class='live-post'><time datetime='{s.date}T1{k}:05:00Z'>1{k}.05</time><p>{_e(text)}</p></div>"
        for k, text in enumerate(s.paragraphs)
    )
    return _page(s, f"{NAV}<main><article><h1>{_e(s.title)}</h1><div class='live-feed'>{posts}</div></article></main>", head=_open_graph(s))


def table_layout(s: Story) -> str:
    menu = "<td width=150><a href='/'>Home</a><br><a href='/in'>Sign in</a><br><a href='/w'>Weather</a></td>"
    text = "<br><br>".join(map(_e, s.paragraphs))
    story = f"<td valign=top><h1>{_e(s.title)}</h1><font size=2>{text}</font></td>"
    return _page(s, f"<table width=760><tr>{menu}{story}</tr></table>", head=f'<meta name="date" content="{s.date}">')


def table_in_table(s: Story) -> str:
    story = f"<table><tr><td><h1>{_e(s.title)}</h1>{_p(s)}</td></tr></table>"
    menu = "<td><table><tr><td><a href='/'>Home</a></td><td><a href='/in'>Sign in</a></td></tr></table></td>"
    return _page(s, f"<table width=760><tr>{menu}</tr><tr><td>{story}</td></tr></table>", head=f'<meta name="date" content="{s.date}">')


def page_in_a_form(s: Story) -> str:
    body = f"<form id='aspnetForm' action='/'>{NAV}<div id='content'><article><h1>{_e(s.title)}</h1>{_p(s)}</article></div>{FOOTER}</form>"
    return _page(s, body, head=_open_graph(s))


def amp(s: Story) -> str:
    head = (
        f'<link rel="canonical" href="https://example.org/news/story">{_json_ld(s)}<script async src="https://cdn.ampproject.org/v0.js"></script>'
        "<style amp-boilerplate>body{visibility:hidden}</style>"
    )
    body = f"<amp-sidebar id='s'>{NAV}</amp-sidebar><article class='amp-wp-article'><h1>{_e(s.title)}</h1>{_p(s)}</article>{FOOTER}"
    return _page(s, body, head=head, html_attributes="amp lang=en")


def list_in_body(s: Story) -> str:
    first, *middle, last = s.paragraphs
    items = "".join(f"<li>{_e(text)}</li>" for text in middle)
    body = f"{NAV}<article><h1>{_e(s.title)}</h1><p>{_e(first)}</p><ul>{items}</ul><p>{_e(last)}</p></article>{FOOTER}"
    return _page(s, body, head=_open_graph(s))


def pull_quote(s: Story) -> str:
    first, *rest = (f"<p>{_e(text)}</p>" for text in s.paragraphs)
    words = "They said it would be fine, all winter long, whatever the weather. Share on your page."
    quote = f"<aside class='pullquote'><blockquote><p>{words}</p></blockquote></aside>"
    return _page(s, f"{NAV}<article><h1>{_e(s.title)}</h1>{first}{quote}{''.join(rest)}</article>{FOOTER}", head=_json_ld(s))


def figure_caption(s: Story) -> str:
    first, *rest = (f"<p>{_e(text)}</p>" for text in s.paragraphs)
    caption = "The northern quay on Monday morning, as seen from the old lighthouse above the town. Photograph: J. Orr/Post"
    figure = f"<figure><img src='a.jpg' alt='A quay'><figcaption>{caption}</figcaption></figure>"
    return _page(s, f"{NAV}<article><h1>{_e(s.title)}</h1>{figure}{first}{figure}{''.join(rest)}</article>{FOOTER}", head=_open_graph(s))


def share_and_newsletter(s: Story) -> str:
    share = "<div class='share-buttons'><a href='#'>Share on this</a> <a href='#'>Share on that</a></div>"
    form = "<form class='newsletter'><label>Subscribe to our morning letter <input name=e></label><button>Subscribe</button></form>"
    first, *rest = (f"<p>{_e(text)}</p>" for text in s.paragraphs)
    return _page(s, f"{NAV}<article><h1>{_e(s.title)}</h1>{share}{first}{form}{''.join(rest)}{share}</article>{FOOTER}", head=_json_ld(s))


def comments_below(s: Story) -> str:
    comments = "".join(f"<li class='comment'><p>I never trusted them, reader {k} here.</p></li>" for k in range(5))
    below = f"<section id='comments' class='comments'><h2>Comments</h2><ol class='comment-list'>{comments}</ol></section>"
    return _page(s, f"{NAV}<article><h1>{_e(s.title)}</h1>{_p(s)}</article>{below}{FOOTER}", head=_open_graph(s))


def microdata(s: Story) -> str:
    body = (
        f"<div itemscope itemtype='https://schema.org/NewsArticle'><h1 itemprop='headline'>{_e(s.title)}</h1>"
        f"<meta itemprop='datePublished' content='{s.date}'><div itemprop='articleBody'>{_p(s)}</div></div>"
    )
    return _page(s, f"{NAV}{body}{FOOTER}")


def divs_and_classes(s: Story) -> str:
    blocks = "".join(f"<div class='sc-1a2b3c'><p class='paragraph-x9'>{_e(text)}</p></div>" for text in s.paragraphs)
    return _page(s, f"<div id='root'>{NAV}<div class='article__content'><h1>{_e(s.title)}</h1>{blocks}</div></div>", head=_json_ld(s))


def date_changed_later(s: Story) -> str:
    head = f'{_open_graph(s)}<meta property="article:modified_time" content="2026-01-02T10:00:00Z">'
    more = "<div class='recommended'><h3>You may also like</h3><a href='/2'>Ten things to do in the rain</a></div>"
    return _page(s, f"{NAV}<article><h1>{_e(s.title)}</h1>{_p(s)}{more}</article>{FOOTER}", head=head)


def saved_by_a_browser(s: Story) -> str:
    page = _page(s, f"{NAV}<main><article><h1>{_e(s.title)}</h1>{_p(s)}</article></main>{FOOTER}", head=_open_graph(s))
    return page.replace("<html", "<!-- saved from url=(0033)https://example.org/news/saved.html -->\n<html", 1)


def advert_within(s: Story) -> str:
    first, *rest = (f"<p>{_e(text)}</p>" for text in s.paragraphs)
    advert = "<div class=advert><p>Advertisement</p><p>Story continues below</p></div>"
    return _page(s, f"{NAV}<article><h1>{_e(s.title)}</h1>{first}{advert}{''.join(rest)}</article>{FOOTER}", head=_open_graph(s))


def calls_within(s: Story) -> str:
    first, *rest = (f"<p>{_e(text)}</p>" for text in s.paragraphs)
    more = "<p>READ MORE: Ten things to do</p><p><strong>Read more:</strong> <a href='/2'>Ten things to do in the rain</a></p>"
    follow = "<p>Follow us on Facebook and Instagram</p><p>Sign up to our newsletter</p>"
    end = "<p>Additional reporting by Sam Lee.</p>"
    body = f"{NAV}<article><h1>{_e(s.title)}</h1>{first}{more}{''.join(rest)}{follow}{end}</article>{FOOTER}"
    return _page(s, body, head=_open_graph(s))


def site_name_in_h1(s: Story) -> str:
    body = f"<header><h1>The Harrow Post</h1></header>{NAV}<div class='story'><h2>{_e(s.title)}</h2>{_p(s)}</div>{FOOTER}"
    return _page(s, body, head=f'<meta name="date" content="{s.date}">')


def site_name_in_h1_of_article(s: Story) -> str:
    head = f'<meta property="og:site_name" content="Harrow Post">{_json_ld(s)}'
    body = f"{NAV}<article><h1>The Harrow Post</h1><h2>{_e(s.title)}</h2>{_p(s)}</article>{FOOTER}"
    return _page(s, body, head=head, site="Home")


def other_title_for_sharing(s: Story) -> str:
    told = Story("Why all the county talks of this", s.date, ())
    return _page(s, f"{NAV}<article><h1>{_e(s.title)}</h1>{_p(s)}</article>{FOOTER}", head=_open_graph(told))


def byline_run_together(s: Story) -> str:
    byline = "<div><span>3 hours ago</span><span>By Ines Okafor, BBC</span></div>"
    return _page(s, f"{NAV}<article><h1>{_e(s.title)}</h1>{byline}{_p(s)}</article>{FOOTER}", head=_open_graph(s))


def byline_and_day_as_paragraphs(s: Story) -> str:
    head = f"<p>By Ines Okafor</p><p>Published {s.date}</p><p>Updated 3 hours ago</p>"
    return _page(s, f"{NAV}<article><h1>{_e(s.title)}</h1>{head}{_p(s)}</article>{FOOTER}")


STRUCTURES: tuple[Callable[[Story], str], ...] = (
    article_tag,
    json_ld,
    json_ld_graph,
    open_graph,
    time_tag,
    byline_in_header,
    cookie_banner,
    related_links,
    live_blog,
    table_layout,
    table_in_table,
    page_in_a_form,
    amp,
    list_in_body,
    pull_quote,
    figure_caption,
    share_and_newsletter,
    comments_below,
    microdata,
    divs_and_classes,
    date_changed_later,
    saved_by_a_browser,
    advert_within,
    calls_within,
    site_name_in_h1,
    site_name_in_h1_of_article,
    other_title_for_sharing,
    byline_run_together,
    byline_and_day_as_paragraphs,
)
STORIES = (FERRY, QUARRY, CLINIC, MARKUP)
