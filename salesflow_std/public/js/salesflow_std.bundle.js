// Dialogs of the desk, fetched when they are first needed.
import "./score_dialog.js";
import "./grade_dialog.js";
import "./fit_dialog.js";
import "./follow_up_dialog.js";
import "./contact_left.js";
import "./review_parts.js";
import "./review_dialogs.js";
import "./stage_move.js";
