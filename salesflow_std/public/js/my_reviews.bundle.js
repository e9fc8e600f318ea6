// The page My Reviews, fetched when it is opened; its dialogs are in salesflow_std.bundle.js.
import "./my_reviews/page.js";
