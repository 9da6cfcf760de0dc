import json
from pathlib import Path

import pytest

from blender_addon.armature.bake_options import RetargetOptions, RootMotion
from blender_addon.batch import scene_work
from blender_addon.batch.build_scene import Work, build_scene, check_inputs
from blender_addon.batch.core_process import solve_arguments
from blender_addon.batch.scene_values import OPTION_KINDS, scene_words
from blender_addon.batch.scenes_file import (
    BAKE_KEYS,
    CHARACTER_KEYS,
    EXPORT_FORMATS,
    SCENE_KEYS,
    Character,
    SceneJob,
    read_scenes,
)
from mvmocap_core.cli_arguments import make_parser
from mvmocap_core.errors import InputError
from mvmocap_core.options import SolveOptions

GOOD = """
[[scene]]
name = "shot 010"
videos = ["a.mp4", "../b.mp4"]
height_m = 1.75
fps = 24
start_s = 1
end_s = 2.5
character = "hero.blend"
armature = "Hero"
bone_map = "map.json"
export = ["fbx", "usd", "fbx"]
out = "made/here"
preview = true
options = { device = "cpu", detector = "full" }
bake = { root_motion = "root_bone", feet_in_place = false, action = "dance", push_to_nla = true }
"""


def _read(tmp_path: Path, text: str):
    path = tmp_path / "scenes.toml"
    path.write_text(text)
    return read_scenes(path)


def test_every_key_is_read_with_paths_relative_to_the_file(tmp_path: Path):
    (job,) = _read(tmp_path, GOOD)
    assert job.name == "shot 010"
    assert job.videos == (tmp_path / "a.mp4", tmp_path / ".." / "b.mp4")
    assert job.out == tmp_path / "made" / "here"
    (hero,) = job.characters
    assert hero.character == tmp_path / "hero.blend"
    assert (hero.armature, hero.bone_map) == ("Hero", tmp_path / "map.json")
    assert job.export == ("fbx", "usd")
    assert job.preview is True
    options = job.options
    assert (options.height_m, options.fps, options.start_s, options.end_s) == (1.75, 24, 1, 2.5)
    assert (options.device, options.detector) == ("cpu", "full")
    assert (hero.bake.action_name, hero.bake.use_nla) == ("dance", True)
    follow = RetargetOptions(root_motion=RootMotion.ROOT_BONE, use_feet_ik=False)
    assert hero.bake.retarget == follow


def test_defaults_ask_for_a_blend_file_alone(tmp_path: Path):
    (job,) = _read(tmp_path, '[[scene]]\nname = "a"\nvideos = ["a.mp4"]\n')
    assert job.out == tmp_path / "out" / "a"
    assert (job.export, job.preview, job.characters) == ((), False, (Character(),))


DUET = """
[[scene]]
name = "duet"
videos = ["a.mp4", "b.mp4"]

[[scene.characters]]
character = "hero.blend"
armature = "Hero"
bake = { push_to_nla = true }

[[scene.characters]]

[[scene.characters]]
character = "villain.blend"
armature = "Villain"
bone_map = "map.json"
"""


def test_characters_are_those_of_the_performers_in_order(tmp_path: Path):
    (job,) = _read(tmp_path, DUET)
    hero, generated, villain = job.characters
    assert (hero.character, hero.armature) == (tmp_path / "hero.blend", "Hero")
    assert hero.bake.use_nla
    assert generated == Character()
    assert villain.bone_map == tmp_path / "map.json"
    assert job.options.people == 3
    (job,) = _read(tmp_path, DUET.replace("videos", "options = { people = 0 }\nvideos"))
    assert job.options.people == 0


FACTS = """
[[scene]]
name = "known"
videos = ["a.mp4", "b.mp4"]

[scene.options]
keypoints = ["a_json", "../b.npz"]
offset_s = -0.37
focal_35mm = [26, "auto"]
"""
LENSES = """
[[scene]]
name = "board"
videos = ["a.mp4", "b.mp4"]
options = { checkerboard = ["c.mp4", "/far/d.mp4"], board = "7x5" }

[[scene]]
name = "rig"
videos = ["a.mp4", "b.mp4"]
options = { calibration = "rig.toml" }
"""


def test_what_is_known_of_the_cameras_reaches_the_solvers_command_line(tmp_path: Path):
    jobs = [*_read(tmp_path, FACTS), *_read(tmp_path, LENSES)]
    known, board, rig = (
        make_parser().parse_args(solve_arguments(job.videos, tmp_path, job.options)) for job in jobs
    )
    assert known.keypoints == [str(tmp_path / "a_json"), str(tmp_path / ".." / "b.npz")]
    assert (known.offset_s, known.focal_35mm) == ((-0.37,), (26.0, None))
    assert board.checkerboard == [str(tmp_path / "c.mp4"), "/far/d.mp4"]
    assert board.board == (7, 5)
    assert rig.calibration == [str(tmp_path / "rig.toml")]


@pytest.mark.parametrize("option", ["keypoints", "calibration", "checkerboard"])
def test_given_files_are_looked_for_before_the_solve(tmp_path: Path, option: str):
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).touch()
    (job,) = _read(tmp_path, _START + f"options = {{ {option} = ['known', 'known'] }}")
    with pytest.raises(InputError, match="known: no such file"):
        check_inputs(job)
    (tmp_path / "known").touch()
    check_inputs(job)


def test_a_scene_is_solved_again_when_a_given_file_has_changed(tmp_path: Path):
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).touch()
    (tmp_path / "known" / "a").mkdir(parents=True)
    frame = tmp_path / "known" / "a" / "0.json"
    (job,) = _read(tmp_path, _START + "options = { keypoints = 'known' }")
    n_solves, checked = 0, []

    def solve(job: SceneJob, take: Path) -> None:
        nonlocal n_solves
        n_solves += 1
        take.mkdir(parents=True, exist_ok=True)
        for name in ("motion.npz", "report.json"):
            (take / name).touch()

    def nothing(*_: object) -> None:
        """Leave no file, which ends the build after the solve."""

    work = Work(
        check=checked.append, solve=solve, footage=nothing, blend=nothing,
        export=nothing, preview=nothing, code=str,
    )  # fmt: skip
    for content, n_wanted in (("1", 1), ("1", 1), ("2", 2)):
        frame.write_text(content)
        with pytest.raises(RuntimeError, match="footage left no"):
            build_scene(job, work, lambda line: None)
        assert n_solves == len(checked) == n_wanted


def test_the_take_of_a_scenes_earlier_videos_is_put_aside(tmp_path: Path, monkeypatch):
    take, said = tmp_path / "out" / "a" / "take", []
    (job,) = _read(tmp_path, _START)
    for name in ("take", "take_1"):
        (take.parent / name).mkdir(parents=True)
        (take.parent / name / "corrections.json").write_text(name)

    def run_core(repository: Path, arguments: list[str], say: object) -> None:
        if take.exists():
            raise InputError(f"{take}: holds another; use another --out.", reason="other_videos")

    monkeypatch.setattr(scene_work, "run_core", run_core)
    scene_work.scene_work(tmp_path, said.append).solve(job, take)
    assert (take.parent / "take_2" / "corrections.json").read_text() == "take"
    assert "take_2" in said[0]


def test_the_cores_sentences_name_the_keys_of_the_file():
    sentence = "wait, or use another --out; --method auto, --start and --focal-35mm; --json"
    assert scene_words(sentence) == (
        "wait, or use another out; options.method auto, start_s and options.focal_35mm; --json"
    )


_START = '[[scene]]\nname = "a"\nvideos = ["a.mp4", "b.mp4"]\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "at least one"),
        ("scene = 3", "at least one"),
        ("[scene]\nname = 'a'", "at least one"),
        ("[[scene]", "not a TOML file"),
        ("title = 'x'\n" + _START, "unknown key 'title'"),
        (_START + "heigth_m = 1.7", "unknown key 'heigth_m'"),
        (_START + "height_m = '1.7'", "height_m = '1.7'"),
        (_START + "height_m = true", "height_m = True"),
        (_START + "height_m = -1", "height_m -1: give a number between 0.4 and 3"),
        (_START + "height_m = nan", "height_m nan"),
        (_START + "fps = 0", "fps 0: give"),
        (_START + "start_s = 3\nend_s = 2", "end_s must be later than start_s"),
        (_START + "export = 'fbx'", "list of formats"),
        (_START + "export = ['obj']", "list of formats"),
        (_START + "export = ['../fbx']", "list of formats"),
        (_START + "preview = 1", "true or false"),
        (_START + "out = ''", "a folder"),
        (_START + "options = []", "a table"),
        (_START + "options = { height_m = 1 }", "unknown key 'height_m'"),
        (_START + "focal_35mm = 26", "'focal_35mm'; it belongs into the scene's options"),
        (_START + "options = { offset_s = 'late' }", 'number or "auto"'),
        (_START + "options = { offset_s = nan }", 'number or "auto"'),
        (_START + "options = { offset_s = [] }", 'number or "auto"'),
        (_START + "options = { offset_s = [0, 1] }", "options.offset_s: 2 given where 1 can be"),
        (_START + "options = { focal_35mm = 2 }", "options.focal_35mm 2: give a number between 5"),
        (_START + "options = { focal_35mm = [26, 26, 26] }", "options.focal_35mm: 3 given"),
        (_START + "options = { calibration = 1 }", "a path, or a list"),
        (_START + "options = { checkerboard = 'c.mp4' }", "options.checkerboard: 1 given where 2"),
        (_START + "options = { keypoints = ['a', 'b', 'c'] }", "options.keypoints: 3 given"),
        (
            _START + "options = { focal_35mm = 26, calibration = 'c.toml' }",
            "options.focal_35mm, options.calibration and options.checkerboard: give one of them",
        ),
        (_START + "options = { board = [9, 6] }", 'such as "9x6"'),
        (_START + "options = { board = '2x6' }", "options.board: give the inner corners"),
        (_START + "options = { device = 'tpu' }", "options.device tpu"),
        (_START + "options = { people = 1.5 }", "whole number"),
        (_START + "options = { hands = 1 }", "true or false"),
        (_START + "character = 'c.blend'", "belong together"),
        (_START + "bone_map = 'map.json'", "needs a character"),
        (_START + "characters = {}", "list of tables"),
        (_START + "characters = []", "list of tables"),
        (_START + "characters = [{ armature = 'a' }]", "belong together"),
        (_START + "characters = [{ name = 'a' }]", "unknown key 'name'"),
        (_START + "characters = [{ character = 1, armature = 'a' }]", "a .blend file"),
        (_START + "bake = {}\ncharacters = [{}]", "bake stands beside characters"),
        (
            _START + "characters = [{}, {}]\noptions = { people = 1 }",
            "options.people 1 for 2 characters",
        ),
        (_START + "bake = true", "a table"),
        (_START + "bake = { feet = true }", "unknown key 'feet'"),
        (_START + "bake = { feet_in_place = 1 }", "true or false"),
        (_START + "bake = { root_motion = 'toes' }", "hips, root_bone, in_place"),
        (_START + _START, "two scenes have the name 'a'"),
        (_START + _START.replace('"a"', '"A"'), "two scenes have the name 'a'"),
        (_START + "out='o'\n" + _START.replace('"a"', '"c"') + "out='x/../o'", "have the out"),
        ("[[scene]]\nvideos = ['a.mp4']", "name is missing"),
        ("[[scene]]\nname = 'a'", "videos is missing"),
        ("[[scene]]\nname = 'a'\nvideos = []", "list of video files"),
        ("[[scene]]\nname = 'a'\nvideos = 'a.mp4'", "list of video files"),
        ("[[scene]]\nname = 'a'\nvideos = [1]", "list of video files"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, says: str):
    with pytest.raises(InputError) as caught:
        _read(tmp_path, text)
    assert says in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "scenes.toml"))
    assert "\n" not in str(caught.value)
    assert not str(caught.value).endswith("..")


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../up", "a/b", "a\\b", "/abs", "C:x", "con", "NUL.txt", "end.", "a "]
)
def test_names_that_could_leave_the_folder_are_refused(tmp_path: Path, name: str):
    with pytest.raises(InputError, match="short name"):
        _read(tmp_path, f"[[scene]]\nname = {json.dumps(name)}\nvideos = ['a.mp4']")


def test_a_missing_or_binary_file_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="cannot be read"):
        read_scenes(tmp_path / "scenes.toml")
    (tmp_path / "scenes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not a TOML file"):
        read_scenes(tmp_path / "scenes.toml")


def test_the_schema_knows_the_same_keys_as_the_reader(repository: Path):
    schema = json.loads((repository / "docs/schemas/scenes.schema.json").read_text())
    scene = schema["properties"]["scene"]["items"]
    assert list(scene["properties"]) == list(SCENE_KEYS)
    assert list(schema["$defs"]["bake"]["properties"]) == list(BAKE_KEYS)
    character = scene["properties"]["characters"]["items"]
    assert list(character["properties"]) == list(CHARACTER_KEYS)
    assert list(scene["properties"]["options"]["properties"]) == list(OPTION_KINDS)
    assert scene["required"] == ["name", "videos"]
    assert scene["properties"]["export"]["items"]["enum"] == list(EXPORT_FORMATS)
    assert scene["additionalProperties"] is False


def test_the_schema_accepts_what_the_reader_accepts(repository: Path):
    jsonschema = pytest.importorskip("jsonschema")
    import tomllib

    schema = json.loads((repository / "docs/schemas/scenes.schema.json").read_text())
    jsonschema.validate(tomllib.loads(GOOD), schema)
    jsonschema.validate(tomllib.loads(DUET), schema)
    jsonschema.validate(tomllib.loads(FACTS), schema)
    jsonschema.validate(tomllib.loads(LENSES), schema)
    example = repository / "examples" / "scenes.toml"
    jsonschema.validate(tomllib.loads(example.read_text()), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(_START + "heigth_m = 1.7"), schema)


def test_the_example_can_be_read(repository: Path):
    (job,) = read_scenes(repository / "examples" / "scenes.toml")
    assert all(video.is_file() for video in job.videos)
    assert {"fbx", "bvh"} <= set(job.export)


def test_hands_are_asked_for_on_the_solvers_command_line(tmp_path: Path):
    job = _read(tmp_path, _START + "options = { hands = true }")[0]
    assert job.options.hands
    arguments = solve_arguments(job.videos, tmp_path, job.options)
    assert make_parser().parse_args(arguments).hands
    plain = solve_arguments(job.videos, tmp_path, SolveOptions())
    assert not make_parser().parse_args(plain).hands
