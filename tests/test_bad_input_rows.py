"""Which test shows that a row of the list of bad inputs is answered as written there: every row, and no dead name."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
TABLES, JSON = "evals/tabular/test_bad_tables.py", "evals/importing/test_bad_json.py"
RESULTS, ARCHIVES = "evals/importing/test_bad_results.py", "evals/importing/test_bad_archives.py"
PAIRING, PREFLIGHT = "evals/importing/test_pairing.py", "evals/test_preflight.py"
FORMATS, ODD = "decisions/report/test_formats.py", "evals/test_odd_answers.py"

ROWS = {
    1: f"{TABLES}::test_row_01_an_empty_file_is_refused",
    2: f"{TABLES}::test_row_02_a_header_alone_has_0_rows",
    3: f"{TABLES}::test_row_03_a_byte_order_mark_is_no_part_of_the_first_name",
    4: f"{TABLES}::test_row_04_utf_16_is_converted_and_said",
    5: f"{TABLES}::test_row_05_latin_1_is_refused_with_the_byte_and_read_when_told",
    6: f"{TABLES}::test_row_06_nul_bytes_are_refused_with_their_line",
    7: f"{TABLES}::test_row_07_a_ragged_row_is_refused_and_shifts_nothing",
    8: f"{TABLES}::test_row_08_an_unclosed_quote_is_refused_with_the_line_it_opens_on",
    9: f"{TABLES}::test_row_09_semicolons_are_asked_about",
    10: f"{TABLES}::test_row_10_a_doubled_column_is_named",
    11: "evals/usertasks/test_adding.py::test_row_11_without_an_answer_column_the_columns_found_are_listed",
    12: f"{TABLES}::test_row_12_words_for_nothing_stay_words",
    13: f"{TABLES}::test_row_13_numbers_keep_their_spelling",
    14: "evals/usertasks/test_runs_of_own_tasks.py::test_row_14_items_beyond_the_context_are_left_out_and_counted",
    15: f"{TABLES}::test_row_15_a_line_break_in_a_cell_is_kept",
    16: f"{TABLES}::test_row_16_too_many_rows_are_refused_with_the_offer_of_a_sample",
    17: f"{TABLES}::test_row_17_too_many_columns_are_refused",
    18: "evals/usertasks/test_adding.py::test_row_18_repeated_questions_are_counted",
    19: "evals/usertasks/test_adding.py::test_row_19_equal_answers_cannot_tell_models_apart",
    20: f"{TABLES}::test_row_20_formulas_stay_text_in_csv_and_xlsx",
    21: f"{JSON}::test_row_21_one_bad_line_is_named",
    22: f"{JSON}::test_row_22_single_quotes",
    23: f"{JSON}::test_row_23_an_array_instead_of_lines_is_accepted_and_said",
    24: f"{JSON}::test_row_24_another_value_on_top",
    25: f"{JSON}::test_row_25_a_score_that_is_no_number_is_named",
    26: f"{JSON}::test_row_26_a_number_too_large",
    27: f"{JSON}::test_row_27_a_number_with_5000_digits",
    28: f"{JSON}::test_row_28_nested_100000_deep",
    29: f"{JSON}::test_row_29_a_key_twice",
    30: f"{JSON}::test_row_30_half_a_character_is_replaced_and_counted",
    31: f"{JSON}::test_row_31_a_truncated_file",
    32: f"{RESULTS}::test_row_32_results_without_samples_are_a_summary",
    33: f"{RESULTS}::test_row_33_an_unknown_version_is_noted",
    34: f"{PAIRING}::test_row_34_files_with_other_limits_are_refused_with_both_and_the_way_on",
    35: f"{RESULTS}::test_row_35_an_accuracy_that_is_none",
    36: f"{RESULTS}::test_row_36_a_task_with_no_items",
    37: f"{RESULTS}::test_row_37_odd_names_of_models",
    38: "evals/importing/test_whole_files.py::test_row_38_the_same_file_twice",
    39: f"{ARCHIVES}::test_row_39_a_zip_bomb",
    40: f"{TABLES}::test_row_40_a_huge_sheet_in_a_small_file_is_refused_before_it_is_parsed",
    41: f"{ARCHIVES}::test_row_41_a_member_outside_the_archive",
    42: f"{TABLES}::test_row_42_an_encrypted_workbook_is_refused",
    43: f"{TABLES}::test_row_43_macros_are_refused",
    44: f"{TABLES}::test_row_44_another_kind_of_file_named_csv_is_refused",
    45: f"{TABLES}::test_row_45_links_to_other_workbooks_are_dropped",
    46: f"{PREFLIGHT}::test_row_46_a_path_that_is_no_model_is_refused",
    47: f"{PREFLIGHT}::test_row_47_a_malformed_id_is_refused",
    48: f"{PREFLIGHT}::test_row_48_a_model_that_is_not_found",
    49: f"{PREFLIGHT}::test_row_49_a_gated_model_names_the_page_of_its_licence",
    50: f"{PREFLIGHT}::test_row_50_pickled_weights_are_refused",
    51: f"{PREFLIGHT}::test_row_51_code_of_its_own_is_refused_until_that_commit_is_allowed",
    52: f"{PREFLIGHT}::test_row_52_weights_cut_short_are_refused_with_the_expected_length",
    53: "evals/engines/llama_cpp/test_gguf.py::test_row_53_a_crash_of_the_loader_is_named",
    54: f"{PREFLIGHT}::test_row_54_too_big_is_said_in_gigabytes_before_any_download",
    55: f"{PREFLIGHT}::test_row_55_a_model_without_tokenizer_is_refused",
    56: f"{PREFLIGHT}::test_row_56_an_unknown_quantization_is_answered_with_known_ones",
    57: f"{PAIRING}::test_row_57_two_base_models_are_paired_with_a_warning",
    58: "evals/endpoints/test_address.py::test_row_58_only_http_is_called",
    59: "evals/endpoints/test_address.py::test_row_59_the_inside_of_the_network_is_refused_to_a_team",
    60: "evals/endpoints/test_address.py::test_row_60_a_key_in_the_url_is_refused_and_not_repeated",
    61: "evals/endpoints/test_faults.py::test_row_61_a_fault_that_stays_stops_the_run_by_name",
    62: "decisions/report/test_report.py::test_rows_62_and_64_another_model_and_old_prices_stand_among_the_caveats",
    63: "pricing/test_amounts.py::test_others_are_refused_with_what_to_write",
    64: "decisions/report/test_report.py::test_rows_62_and_64_another_model_and_old_prices_stand_among_the_caveats",
    65: "pricing/test_cli.py::test_bad_input_is_one_line_and_exit_2",
    66: "decisions/test_floors.py::test_row_66_a_p95_below_the_physical_floor_is_warned_of",
    67: "pages/test_plain_text.py::test_items_are_plain_text_and_titles_are_escaped",
    68: f"{FORMATS}::test_nothing_of_a_model_runs_in_the_page",
    69: f"{FORMATS}::test_no_text_becomes_a_formula_or_a_link_and_numbers_are_numbers",
    70: f"{FORMATS}::test_row_70_what_moves_or_hides_other_text_is_shown_by_its_code",
    71: f"{ODD}::test_row_71_a_megabyte_of_repeats_is_cut_and_counted_as_runaway",
    72: f"{ODD}::test_row_72_empty_answers_are_counted",
    73: "evals/endpoints/test_faults.py::test_row_73_an_echoed_key_is_removed",
    74: f"{ODD}::test_row_74_half_characters_are_replaced_and_noted",
    76: "evals/test_runs.py::test_two_starts_of_one_plan_are_one_run",
    77: "pages/test_pages.py::test_row_77_back_and_refresh_show_the_run_that_is_going_on",
    78: "pages/test_saved.py::test_row_78_a_second_tab_is_told_of_the_first_and_overwrites_nothing",
    79: "pages/test_saved.py::test_a_link_to_a_decision_that_is_not_here_says_so_and_shows_today",
    80: "pages/test_pages.py::test_row_80_a_table_of_0_rows_cannot_be_downloaded_and_says_why",
    81: f"{RESULTS}::test_row_81_a_name_that_is_code_elsewhere_is_a_name_here",
}
NOT_HERE = {75: "a text that talks a judge over: no score here comes from a model that judges another"}


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_every_row_has_a_test_or_a_reason() -> None:
    assert not ROWS.keys() & NOT_HERE.keys()
    assert sorted([*ROWS, *NOT_HERE]) == list(range(1, 82))
    assert list(NOT_HERE) == [75]


def test_every_named_test_is_there() -> None:
    named = {row: each.split("::") for row, each in ROWS.items()}
    assert {row: name for row, (path, name) in named.items() if name not in names_in(path)} == {}
