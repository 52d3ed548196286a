"""The explorer's own script: how much there is of it, and that its modules fit together."""

import re
from importlib.resources import files

MOST_BYTES = 150_000
EXPORTED = re.compile(r"^export (?:async )?(?:function\*?|const|class) (\w+)", re.MULTILINE)
PASSED_ON = re.compile(r"^export \{([^}]*)\}", re.MULTILINE)
IMPORTED = re.compile(r'^import \{([^}]*)\} from "\./([^"]+)";$', re.MULTILINE)


def modules():
    folder = files("app.explorer") / "static"
    return {one.name: one.read_text() for one in folder.iterdir() if one.name.endswith(".js")}


def names_in(text):
    return {name.strip().split(" as ")[0] for name in text.split(",")}


def test_there_is_not_too_much_of_it():
    assert 0 < sum(len(text.encode()) for text in modules().values()) < MOST_BYTES


def test_each_module_imports_what_another_exports_and_uses_it():
    own = modules()
    exported = {
        name: {*EXPORTED.findall(text), *(one for some in PASSED_ON.findall(text) for one in names_in(some))}
        for name, text in own.items()
    }
    faults = []
    for name, text in own.items():
        for names, module in IMPORTED.findall(text):
            if module in own:
                faults += [f"{name}: {one}" for one in names_in(names) - exported[module]]
            local = [one.strip().split(" as ")[-1] for one in names.split(",")]
            faults += [f"{name}: {one} unused" for one in local if len(re.findall(rf"\b{one}\b", text)) < 2]
    assert faults == []
