"""What each problem means."""

import inspect
from typing import Final

from app.explorer.pages import render_page
from app.web.problems import MEDIA_TYPE, PROBLEMS

PROBLEMS_PAGE: Final = render_page(
    "problems.html",
    "problems.css",
    media_type=MEDIA_TYPE,
    problems=[
        {
            "code": problem.code,
            "status": problem.status,
            "meaning": (inspect.getdoc(problem) or "").replace("`", ""),
        }
        for problem in PROBLEMS
    ],
)
