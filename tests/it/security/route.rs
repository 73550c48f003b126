//! Every route, and who may use it. The tests beside this file fail for a route that is not listed here.

use abate::access::role::Role::{
    self, Admin, Auditor, Engineer, Executive, HeadOfSecurity, Integration, Reporter, RiskManager, TeamLead,
    Triager, Verifier, Viewer,
};

/// Who may use a route.
#[derive(Debug, Clone, Copy)]
pub(super) enum Who {
    /// Whoever comes: it shows nothing of value, or asks for something else than a role (a signature, a password).
    Anyone,
    /// Those who hold one of the roles.
    Holders(&'static [Role]),
}

use Who::{Anyone, Holders};

const KNOWN: Who = Holders(&Role::ALL);
const SEE: Who = Holders(&[
    Viewer,
    Reporter,
    Engineer,
    Triager,
    Verifier,
    RiskManager,
    TeamLead,
    HeadOfSecurity,
    Executive,
    Auditor,
    Admin,
]);
const RECORD: Who = Holders(&[Reporter, Engineer, Triager, RiskManager]);
const MOVE: Who =
    Holders(&[Reporter, Engineer, Triager, Verifier, RiskManager, TeamLead, HeadOfSecurity, Executive]);
const KEEP_REGISTER: Who = Holders(&[Triager, RiskManager, Admin]);
const KEEP_CADENCES: Who = Holders(&[RiskManager, HeadOfSecurity, Admin]);
const DO_RUNS: Who = Holders(&[Engineer, Triager, Verifier, RiskManager, TeamLead, HeadOfSecurity, Admin]);
const KEEP_GATE: Who = Holders(&[RiskManager, HeadOfSecurity, Admin]);
const WAIVE_GATE: Who = Holders(&[Triager, RiskManager, HeadOfSecurity]);
const KEEP_SOURCES: Who = Holders(&[Triager, Admin]);
const IMPORT: Who = Holders(&[Triager, Integration]);
const TRIAGE: Who = Holders(&[Triager]);
const KEEP_RULES: Who = Holders(&[RiskManager, HeadOfSecurity]);
const READ_LOG: Who = Holders(&[Auditor, Admin]);
const KEEP_POLICIES: Who = Holders(&[RiskManager, HeadOfSecurity]);
const ASSESS: Who = Holders(&[Triager, RiskManager, HeadOfSecurity]);
const EXPORT_EVIDENCE: Who = Holders(&[RiskManager, HeadOfSecurity, Auditor, Admin]);
const CONFIGURE: Who = Holders(&[Admin]);

/// The API, as its description names it.
pub(super) const API: &[(&str, &str, Who)] = &[
    ("GET", "/api/v1/acceptances", SEE),
    ("GET", "/api/v1/acceptances/{id}", SEE),
    ("POST", "/api/v1/acceptances/{id}/approve", MOVE),
    ("POST", "/api/v1/acceptances/{id}/reject", MOVE),
    ("POST", "/api/v1/acceptances/{id}/revoke", MOVE),
    ("GET", "/api/v1/assets", SEE),
    ("POST", "/api/v1/assets", KEEP_REGISTER),
    ("POST", "/api/v1/assets/import", KEEP_REGISTER),
    ("GET", "/api/v1/assets/{key}", SEE),
    ("PATCH", "/api/v1/assets/{key}", KEEP_REGISTER),
    ("GET", "/api/v1/assets/{key}/assessments", SEE),
    ("POST", "/api/v1/assets/{key}/assessments", KEEP_REGISTER),
    ("GET", "/api/v1/assets/{key}/matchers", SEE),
    ("PUT", "/api/v1/assets/{key}/matchers", KEEP_REGISTER),
    ("POST", "/api/v1/assets/{key}/merge", KEEP_REGISTER),
    ("POST", "/api/v1/assets/{key}/retire", KEEP_REGISTER),
    ("GET", "/api/v1/audit-log", READ_LOG),
    ("GET", "/api/v1/audit-log/export", READ_LOG),
    ("GET", "/api/v1/cadences", SEE),
    ("POST", "/api/v1/cadences", KEEP_CADENCES),
    ("POST", "/api/v1/cadences/defaults", KEEP_CADENCES),
    ("POST", "/api/v1/cadences/preview", KEEP_CADENCES),
    ("GET", "/api/v1/cadences/{id}", SEE),
    ("PATCH", "/api/v1/cadences/{id}", KEEP_CADENCES),
    ("GET", "/api/v1/cadences/{id}/runs", SEE),
    ("GET", "/api/v1/connections", CONFIGURE),
    ("GET", "/api/v1/connections/datadog", CONFIGURE),
    ("POST", "/api/v1/connections/datadog", CONFIGURE),
    ("GET", "/api/v1/connections/datadog-template", CONFIGURE),
    ("DELETE", "/api/v1/connections/datadog/{id}", CONFIGURE),
    ("GET", "/api/v1/connections/datadog/{id}", CONFIGURE),
    ("PATCH", "/api/v1/connections/datadog/{id}", CONFIGURE),
    ("POST", "/api/v1/connections/{id}/test", CONFIGURE),
    ("GET", "/api/v1/data-classes", SEE),
    ("PUT", "/api/v1/data-classes", KEEP_REGISTER),
    ("GET", "/api/v1/evidence-packs", EXPORT_EVIDENCE),
    ("POST", "/api/v1/evidence-packs", EXPORT_EVIDENCE),
    ("GET", "/api/v1/evidence-packs/{id}", EXPORT_EVIDENCE),
    ("GET", "/api/v1/evidence-packs/{id}/file", EXPORT_EVIDENCE),
    ("GET", "/api/v1/gate", KNOWN),
    ("GET", "/api/v1/vex", SEE),
    ("GET", "/api/v1/gate-rules", SEE),
    ("PUT", "/api/v1/gate-rules", KEEP_GATE),
    ("GET", "/api/v1/gate-waivers", SEE),
    ("POST", "/api/v1/gate-waivers", WAIVE_GATE),
    ("DELETE", "/api/v1/gate-waivers/{id}", WAIVE_GATE),
    ("GET", "/api/v1/feeds", KNOWN),
    ("GET", "/api/v1/grids", SEE),
    ("POST", "/api/v1/grids", KEEP_POLICIES),
    ("POST", "/api/v1/grids/preview", KEEP_POLICIES),
    ("POST", "/api/v1/grids/{name}/use", KEEP_POLICIES),
    ("GET", "/api/v1/hooks", CONFIGURE),
    ("POST", "/api/v1/hooks", CONFIGURE),
    ("DELETE", "/api/v1/hooks/{id}", CONFIGURE),
    ("GET", "/api/v1/hooks/{id}", CONFIGURE),
    ("PATCH", "/api/v1/hooks/{id}", CONFIGURE),
    ("GET", "/api/v1/findings", SEE),
    ("POST", "/api/v1/findings/{id}/decide", TRIAGE),
    ("GET", "/api/v1/imports", KNOWN),
    ("POST", "/api/v1/imports", IMPORT),
    ("GET", "/api/v1/imports/{id}", KNOWN),
    ("POST", "/api/v1/imports/{id}/apply", IMPORT),
    ("GET", "/api/v1/imports/{id}/mapping", KNOWN),
    ("PUT", "/api/v1/imports/{id}/mapping", IMPORT),
    ("GET", "/api/v1/imports/{id}/file", CONFIGURE),
    ("GET", "/api/v1/imports/{id}/plan", KNOWN),
    ("POST", "/api/v1/imports/{id}/undo", TRIAGE),
    ("GET", "/api/v1/intake-rules", SEE),
    ("POST", "/api/v1/intake-rules", KEEP_RULES),
    ("POST", "/api/v1/intake-rules/preview", KEEP_RULES),
    ("GET", "/api/v1/intake-rules/versions", SEE),
    ("GET", "/api/v1/me", KNOWN),
    ("PATCH", "/api/v1/me", KNOWN),
    ("GET", "/api/v1/messages", CONFIGURE),
    ("POST", "/api/v1/messages/{id}/resend", CONFIGURE),
    ("GET", "/api/v1/metrics/ageing", SEE),
    ("GET", "/api/v1/metrics/exposure", SEE),
    ("GET", "/api/v1/metrics/posture", SEE),
    ("GET", "/api/v1/risks", SEE),
    ("POST", "/api/v1/risks", RECORD),
    ("POST", "/api/v1/risks/bulk", MOVE),
    ("GET", "/api/v1/risks/{key}", SEE),
    ("PATCH", "/api/v1/risks/{key}", MOVE),
    ("GET", "/api/v1/risks/{key}/actions", SEE),
    ("GET", "/api/v1/risks/{key}/comments", SEE),
    ("POST", "/api/v1/risks/{key}/comments", MOVE),
    ("POST", "/api/v1/risks/{key}/decline", MOVE),
    ("GET", "/api/v1/risks/{key}/evidence", SEE),
    ("POST", "/api/v1/risks/{key}/evidence", MOVE),
    ("GET", "/api/v1/risks/{key}/findings", SEE),
    ("GET", "/api/v1/risks/{key}/history", SEE),
    ("POST", "/api/v1/risks/{key}/merge", TRIAGE),
    ("GET", "/api/v1/risks/{key}/merge-proposals", SEE),
    ("DELETE", "/api/v1/risks/{key}/merge-proposals/{id}", TRIAGE),
    ("DELETE", "/api/v1/risks/{key}/vex-statement", TRIAGE),
    ("GET", "/api/v1/risks/{key}/ratings", SEE),
    ("GET", "/api/v1/risks/{key}/sla", SEE),
    ("POST", "/api/v1/risks/{key}/split", TRIAGE),
    ("GET", "/api/v1/risks/{key}/tickets", SEE),
    ("POST", "/api/v1/risks/{key}/tickets", MOVE),
    ("POST", "/api/v1/risks/{key}/transitions", MOVE),
    ("GET", "/api/v1/vulnerabilities/{cve}/ssvc", SEE),
    ("PUT", "/api/v1/vulnerabilities/{cve}/ssvc", ASSESS),
    ("GET", "/api/v1/runs/{id}", SEE),
    ("POST", "/api/v1/runs/{id}/complete", DO_RUNS),
    ("POST", "/api/v1/runs/{id}/explain", DO_RUNS),
    ("POST", "/api/v1/runs/{id}/skip", DO_RUNS),
    ("POST", "/api/v1/runs/{id}/snooze", DO_RUNS),
    ("POST", "/api/v1/runs/{id}/start", DO_RUNS),
    ("GET", "/api/v1/sources", KEEP_SOURCES),
    ("PATCH", "/api/v1/sources/{name}", KEEP_SOURCES),
    ("GET", "/api/v1/scopes", SEE),
    ("PATCH", "/api/v1/scopes/{id}", TRIAGE),
    ("GET", "/api/v1/teams", SEE),
    ("POST", "/api/v1/teams", CONFIGURE),
    ("PATCH", "/api/v1/teams/{key}", CONFIGURE),
    ("GET", "/api/v1/tokens", KNOWN),
    ("POST", "/api/v1/tokens", KNOWN),
    ("DELETE", "/api/v1/tokens/{id}", KNOWN),
    ("GET", "/api/v1/users", SEE),
    ("POST", "/api/v1/users", CONFIGURE),
    ("PATCH", "/api/v1/users/{email}", CONFIGURE),
    ("GET", "/api/v1/workshop-prompts", SEE),
    ("GET", "/api/v1/workshops", SEE),
    ("POST", "/api/v1/workshops", RECORD),
    ("GET", "/api/v1/workshops/{id}", SEE),
    ("PATCH", "/api/v1/workshops/{id}", RECORD),
    ("POST", "/api/v1/workshops/{id}/answers", RECORD),
    ("POST", "/api/v1/workshops/{id}/risks", RECORD),
    ("POST", "/api/v1/workshops/{id}/scenarios", RECORD),
    ("PATCH", "/api/v1/workshops/{id}/scenarios/{key}", RECORD),
    ("POST", "/api/v1/workshops/{id}/sign-off", TRIAGE),
];

/// Everything else that a server answers. Those of `abate demo` are not here: `abate serve` does not have them.
pub(super) const OTHERS: &[(&str, &str, Who)] = &[
    ("GET", "/", SEE),
    ("GET", "/api/docs", Anyone),
    ("GET", "/api/openapi.json", Anyone),
    ("GET", "/acceptances", SEE),
    ("POST", "/acceptances/{id}/{action}", MOVE),
    ("GET", "/assets", SEE),
    ("GET", "/audit-log", READ_LOG),
    ("POST", "/assets", KEEP_REGISTER),
    ("POST", "/assets/import", KEEP_REGISTER),
    ("GET", "/assets/new", KEEP_REGISTER),
    ("GET", "/assets/{key}", SEE),
    ("POST", "/assets/{key}", KEEP_REGISTER),
    ("GET", "/assets/{key}/edit", KEEP_REGISTER),
    ("POST", "/assets/{key}/{action}", KEEP_REGISTER),
    ("GET", "/cadences", SEE),
    ("POST", "/cadences", KEEP_CADENCES),
    ("POST", "/cadences/defaults", KEEP_CADENCES),
    ("GET", "/cadences/new", KEEP_CADENCES),
    ("GET", "/cadences/{id}", SEE),
    ("POST", "/cadences/{id}", KEEP_CADENCES),
    ("GET", "/cadences/{id}/edit", KEEP_CADENCES),
    ("GET", "/evidence-packs", EXPORT_EVIDENCE),
    ("POST", "/evidence-packs", EXPORT_EVIDENCE),
    ("GET", "/gate", SEE),
    ("GET", "/settings/grids", SEE),
    ("POST", "/settings/grids/use", KEEP_POLICIES),
    ("POST", "/gate/rules", KEEP_GATE),
    ("POST", "/gate/waivers", WAIVE_GATE),
    ("POST", "/gate/waivers/{id}/withdraw", WAIVE_GATE),
    ("GET", "/findings", SEE),
    ("POST", "/findings/{id}/decide", TRIAGE),
    ("GET", "/healthz", Anyone),
    ("POST", "/hooks/aws/{id}", Anyone),
    ("POST", "/hooks/datadog/{id}", Anyone),
    ("POST", "/hooks/generic/{id}", Anyone),
    ("POST", "/hooks/jira/{id}", Anyone),
    ("GET", "/feeds", SEE),
    ("GET", "/imports", SEE),
    ("POST", "/imports", IMPORT),
    ("GET", "/imports/{id}", SEE),
    ("POST", "/imports/{id}/apply", IMPORT),
    ("POST", "/imports/{id}/mapping", IMPORT),
    ("POST", "/imports/{id}/undo", TRIAGE),
    ("GET", "/intake-rules", SEE),
    ("POST", "/intake-rules", KEEP_RULES),
    ("POST", "/intake-rules/remove", KEEP_RULES),
    ("GET", "/metrics", Anyone),
    ("GET", "/people", CONFIGURE),
    ("POST", "/people/{email}/{action}", CONFIGURE),
    ("GET", "/readyz", Anyone),
    ("GET", "/risks", SEE),
    ("GET", "/risks/{key}", SEE),
    ("POST", "/risks/{key}/comments", MOVE),
    ("POST", "/risks/{key}/edit", MOVE),
    ("POST", "/risks/{key}/evidence", MOVE),
    ("POST", "/risks/{key}/merge", TRIAGE),
    ("POST", "/risks/{key}/vex-statement/decline", TRIAGE),
    ("POST", "/risks/{key}/people", MOVE),
    ("POST", "/risks/{key}/split", TRIAGE),
    ("POST", "/risks/{key}/take", MOVE),
    ("POST", "/risks/{key}/transitions", MOVE),
    ("GET", "/runs/{id}", SEE),
    ("POST", "/runs/{id}/{action}", DO_RUNS),
    ("GET", "/settings/datadog", CONFIGURE),
    ("POST", "/settings/datadog", CONFIGURE),
    ("POST", "/settings/datadog/{id}", CONFIGURE),
    ("GET", "/settings/hooks", CONFIGURE),
    ("POST", "/settings/hooks", CONFIGURE),
    ("POST", "/settings/hooks/{id}", CONFIGURE),
    ("POST", "/scopes/{id}/default-branch", TRIAGE),
    ("GET", "/sign-in", Anyone),
    ("POST", "/sign-out", KNOWN),
    ("POST", "/slack/commands", Anyone),
    ("POST", "/slack/events", Anyone),
    ("POST", "/slack/interactions", Anyone),
    ("GET", "/static/{digest}/{name}", Anyone),
    ("GET", "/teams", CONFIGURE),
    ("POST", "/teams/{key}", CONFIGURE),
    ("GET", "/workshops", SEE),
    ("GET", "/workshops/{id}", SEE),
    ("POST", "/workshops/{id}/sign-off", TRIAGE),
];

/// An address of the route: of something that is there where that is easy, else of something that could be.
pub(super) fn example(route: &str) -> String {
    route
        .replace("/risks/{key}", "/risks/R-1")
        .replace("/assets/{key}", "/assets/shop")
        .replace("{id}", "4711")
        .replace("{email}", "nobody@example.org")
        .replace("{digest}", "0")
        .replace("{cve}", "CVE-2026-1000")
        .replace("{name}", "nothing.css")
        .replace("{key}", "nothing")
        .replace("{action}", "start")
}
