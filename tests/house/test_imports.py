"""The one import rule: rules < models < queries < writes < actions < forms, guard < views, feeds, commands."""

from tests.house.source import DOORS, FEATURES, LAYER_OF, MODULES, PACKAGE, ROOMS, Module, pure_modules

IN_FEATURES = [module for module in MODULES.values() if module.feature]
CLOSED_TO_THE_WEB = {"rules", "models", "queries", "writes", "actions"}


def _impure_imports(module: Module) -> list[str]:
    return sorted(module.outside_imports | (module.own_imports - pure_modules() - {"cms"}))


def test_the_rules_below_have_something_to_look_at() -> None:
    assert len(IN_FEATURES) > 50
    assert MODULES["cms.articles.queries.reading"].file_name == "queries"
    assert "cms.articles.models" in MODULES["cms.articles.queries.reading"].imports
    assert "sqlmodel" in MODULES["cms.articles.models"].outside_imports


def test_every_folder_of_the_program_is_a_known_one() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders - FEATURES - {*ROOMS} <= {"languages", "migrations", "templates", "static"}


def test_a_file_of_a_feature_has_a_fixed_name_or_is_pure() -> None:
    strange = {
        module.where: _impure_imports(module)
        for module in IN_FEATURES
        if module.file_name not in LAYER_OF
        and module.path.name != "__init__.py"
        and module.name not in pure_modules()
    }
    assert not strange, "neither fixed names nor pure modules, by what they import"


def test_rules_import_the_standard_library_and_pure_modules_only() -> None:
    rules = [module for module in IN_FEATURES if module.file_name == "rules"]
    assert rules
    assert not {
        module.where: _impure_imports(module) for module in rules if module.name not in pure_modules()
    }


def test_a_file_imports_only_what_stands_left_of_it() -> None:
    wrong = {module.where: found for module in IN_FEATURES if (found := _not_left_of(module))}
    assert not wrong


def _not_left_of(module: Module) -> list[str]:
    height = LAYER_OF.get(module.file_name, 0)
    others = [
        MODULES[name] for name in module.own_imports if MODULES[name].feature and name not in pure_modules()
    ]
    return sorted(
        other.name
        for other in others
        if other.file_name != module.file_name and LAYER_OF.get(other.file_name, 0) >= height
    )


def test_a_root_module_imports_no_feature() -> None:
    roots = [module for module in MODULES.values() if not module.feature and module.name not in DOORS]
    wrong = {
        module.where: found
        for module in roots
        if (found := sorted(name for name in module.own_imports if MODULES[name].feature))
    }
    assert not wrong


def test_a_room_imports_none_that_stands_above_it() -> None:
    wrong = {
        module.where: found
        for module in MODULES.values()
        if module.room and (found := sorted(name for name in module.own_imports if _is_above(name, module)))
    }
    assert not wrong


def _is_above(name: str, module: Module) -> bool:
    other = MODULES[name].room
    return bool(other) and ROOMS.index(other) > ROOMS.index(module.room)


def test_what_decides_reads_and_stores_knows_nothing_of_the_web() -> None:
    web = {"flask", "flask_wtf", "wtforms", "werkzeug", "jinja2"}
    closed = [one for one in IN_FEATURES if one.file_name in CLOSED_TO_THE_WEB or one.name in pure_modules()]
    wrong = {
        module.where: found
        for module in closed
        if (
            found := sorted(module.outside_imports & web | module.own_imports & {"cms.web", *DOORS} - {"cms"})
        )
    }
    assert not wrong


def test_the_init_file_of_a_feature_is_empty() -> None:
    inits = [module for module in IN_FEATURES if module.path.name == "__init__.py"]
    assert len(inits) >= len(FEATURES) - 1
    assert not [module.where for module in inits if module.text]


def test_only_sanitize_imports_the_cleaners() -> None:
    importers = {name for name, module in MODULES.items() if module.outside_imports & {"bleach", "nh3"}}
    assert importers == {"cms.sanitize"}
