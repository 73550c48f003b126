//! Rules. The rights, and the roles that give each. A right is a type, so that a handler's signature says what
//! it needs and nothing runs without it.

use super::role::Role;
use super::role::Role::{
    Admin, Auditor, Engineer, Executive, HeadOfSecurity, Integration, Reporter, RiskManager, TeamLead,
    Triager, Verifier, Viewer,
};

/// Something that roles allow.
pub trait Right {
    /// What it allows, to complete "you may not …".
    const MEANING: &'static str;
    /// The roles that give it.
    const ROLES: &'static [Role];
}

macro_rules! rights {
    ($($(#[$doc:meta])+ $name:ident: $meaning:literal <- [$($role:ident),*];)+) => {
        $(
            $(#[$doc])+
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl Right for $name {
                const MEANING: &'static str = $meaning;
                const ROLES: &'static [Role] = &[$($role),*];
            }
        )+
    };
}

rights! {
    /// To be somebody known, whatever the role.
    SignedIn: "use Abate" <- [Viewer, Reporter, Engineer, Triager, Verifier, RiskManager, TeamLead, HeadOfSecurity,
        Executive, Auditor, Integration, Admin];
    /// To see the register: risks, assets, workshops, imports, obligations.
    See: "see this" <- [Viewer, Reporter, Engineer, Triager, Verifier, RiskManager, TeamLead, HeadOfSecurity,
        Executive, Auditor, Admin];
    /// To record a risk.
    RecordRisks: "record risks" <- [Reporter, Engineer, Triager, RiskManager];
    /// To ask for a step of a risk's lifecycle; which steps, the lifecycle decides.
    MoveRisks: "change risks" <- [Reporter, Engineer, Triager, Verifier, RiskManager, TeamLead, HeadOfSecurity,
        Executive];
    /// To bring reports in and apply them.
    Import: "import reports" <- [Triager, Integration];
    /// To agree to an import that would close much, and to undo one.
    ApproveImports: "approve and undo imports" <- [Triager];
    /// To agree with a source whether its files are kept and when it counts as silent.
    KeepSources: "keep the sources" <- [Triager, Admin];
    /// To download a report as it came in, which may hold secrets.
    ReadKeptFiles: "download kept reports" <- [Admin];
    /// To decide about findings that wait, and which branch of a source counts.
    DecideFindings: "decide about findings" <- [Triager];
    /// To decline what a VEX statement proposes.
    AnswerVex: "answer VEX statements" <- [Triager];
    /// To change the rules for what comes in.
    KeepIntakeRules: "change the intake rules" <- [RiskManager, HeadOfSecurity];
    /// To say that a workshop's result stands.
    SignOffWorkshops: "sign off workshops" <- [Triager];
    /// To answer the questions of SSVC about a vulnerability.
    AssessVulnerabilities: "assess vulnerabilities" <- [Triager, RiskManager, HeadOfSecurity];
    /// To change the policies: grids, due dates, calendars.
    KeepPolicies: "change the policies" <- [RiskManager, HeadOfSecurity];
    /// To change the asset register and the controls.
    KeepRegister: "change the register" <- [Triager, RiskManager, Admin];
    /// To set up recurring obligations.
    KeepCadences: "set up obligations" <- [RiskManager, HeadOfSecurity, Admin];
    /// To carry out a run of an obligation.
    DoRuns: "carry out obligations" <- [Engineer, Triager, Verifier, RiskManager, TeamLead, HeadOfSecurity, Admin];
    /// To say that two risks are one, or that one is two.
    MergeRisks: "join and split risks" <- [Triager];
    /// To ask whether an asset may go on; pipelines do.
    AskGate: "ask the gate" <- [Viewer, Reporter, Engineer, Triager, Verifier, RiskManager, TeamLead, HeadOfSecurity,
        Executive, Auditor, Integration, Admin];
    /// To declare a data breach or a drill of one, and to work on it.
    DeclareIncidents: "declare incidents and work on them" <- [Reporter, Engineer, Triager, Verifier, RiskManager,
        TeamLead, HeadOfSecurity, Executive, Admin];
    /// To take an incident on, and to close it; administrators may where nobody else leads, as `incident::leaders` says.
    LeadIncidents: "acknowledge and close incidents" <- [HeadOfSecurity, Executive, Admin];
    /// To see the incidents of all teams.
    SeeEveryIncident: "see the incidents of all teams" <- [HeadOfSecurity, Executive, Auditor];
    /// To say who has to be told of what by when.
    KeepIncidentRules: "change who has to be told of incidents" <- [HeadOfSecurity, Admin];
    /// To change what the gate looks at.
    KeepGate: "change the rules of the gate" <- [RiskManager, HeadOfSecurity, Admin];
    /// To let an asset through for a while.
    WaiveGate: "waive the gate" <- [Triager, RiskManager, HeadOfSecurity];
    /// To configure: people, teams, tokens of others, connections, jobs.
    Configure: "configure Abate" <- [Admin];
    /// To make and download packs of evidence, which have everything of a team in them, or of all with the audit log.
    ExportEvidence: "export evidence" <- [RiskManager, HeadOfSecurity, Auditor, Admin];
    /// To read the audit log.
    ReadAuditLog: "read the audit log" <- [Auditor, Admin];
}
