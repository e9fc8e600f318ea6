// The talk on the form of a needs record: questions and needs, written down as they are said (N2, N3, P3).
import "./needs_talk/talk.js";
