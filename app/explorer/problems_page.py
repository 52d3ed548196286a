"""What each problem means."""

import inspect
from typing import Final

from app.explorer.pages import Site
from app.web.problems import MEDIA_TYPE, PAGE, PROBLEMS

PROBLEMS_PAGE: Final = Site.at(PAGE).kept_page(
    "problems.html",
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
