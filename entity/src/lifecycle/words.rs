//! Rules. The words of the lifecycle: states, resolutions, events and who is involved.

use crate::level::Level;
use crate::text_enum;

text_enum! {
    /// Where a risk stands.
    pub enum State ("state") {
        /// Recorded, and nobody has looked yet.
        New = "new",
        /// Being assessed.
        Triage = "triage",
        /// Confirmed, with an owner and a due date.
        Open = "open",
        /// Somebody works on it.
        InProgress = "in_progress",
        /// The work waits for something outside the team.
        Blocked = "blocked",
        /// Said to be done; the proof is still missing.
        Verification = "verification",
        /// Lived with until a fixed day, with an approval.
        Accepted = "accepted",
        /// Over, with a resolution.
        Closed = "closed",
    }
}

impl State {
    /// Whether a risk in this state still counts as open work.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Accepted | Self::Closed)
    }
}

text_enum! {
    /// Why a closed risk is closed.
    pub enum Resolution ("resolution") {
        /// The cause is gone.
        Remediated = "remediated",
        /// A control keeps it from happening.
        MitigatedByControl = "mitigated_by_control",
        /// What was at risk is gone.
        Avoided = "avoided",
        /// Somebody else carries it, by contract or insurance.
        Transferred = "transferred",
        /// It never was there.
        FalsePositive = "false_positive",
        /// It is there and cannot hurt here.
        NotAffected = "not_affected",
        /// Another risk says the same.
        Duplicate = "duplicate",
        /// Its sources no longer see it.
        Vanished = "vanished",
        /// The import that made it was undone.
        Withdrawn = "withdrawn",
    }
}

impl Resolution {
    /// Whether the risk was real and may come back: it is reopened, not challenged.
    #[must_use]
    pub const fn may_come_back(self) -> bool {
        matches!(
            self,
            Self::Remediated | Self::MitigatedByControl | Self::Avoided | Self::Transferred | Self::Vanished
        )
    }

    /// Whether the risk was judged not to be one: it is challenged, not reopened.
    #[must_use]
    pub const fn is_dismissal(self) -> bool {
        matches!(self, Self::FalsePositive | Self::NotAffected | Self::Duplicate)
    }
}

text_enum! {
    /// What is meant to be done about a risk, apart from how far that is.
    pub enum Treatment ("treatment") {
        /// Make it smaller.
        Modify = "modify",
        /// Live with it.
        Retain = "retain",
        /// Give up what is at risk.
        Avoid = "avoid",
        /// Let somebody else carry it.
        Share = "share",
    }
}

text_enum! {
    /// What work on a blocked risk waits for.
    pub enum BlockerKind ("blocker kind") {
        /// A fix that a supplier owes.
        Vendor = "vendor",
        /// A time in which nothing may change.
        ChangeFreeze = "change_freeze",
        /// Another piece of work.
        Dependency = "dependency",
        /// A customer's doing.
        Customer = "customer",
    }
}

impl BlockerKind {
    /// Whether such a wait may pause the clock, once a risk manager agrees.
    #[must_use]
    pub const fn may_pause(self) -> bool {
        matches!(self, Self::Vendor | Self::ChangeFreeze)
    }
}

text_enum! {
    /// Why a known weakness does not hurt here, in the words that VEX documents use.
    pub enum VexJustification ("justification") {
        /// The component is not part of the product.
        ComponentNotPresent = "component_not_present",
        /// The component is, its weak code is not.
        VulnerableCodeNotPresent = "vulnerable_code_not_present",
        /// The weak code is never run.
        VulnerableCodeNotInExecutePath = "vulnerable_code_not_in_execute_path",
        /// Nobody hostile can steer the weak code.
        VulnerableCodeCannotBeControlledByAdversary = "vulnerable_code_cannot_be_controlled_by_adversary",
        /// Something in front of it stops the attack.
        InlineMitigationsAlreadyExist = "inline_mitigations_already_exist",
    }
}

text_enum! {
    /// What somebody asks for.
    pub enum Event ("event") {
        /// Begin to assess.
        StartTriage = "start_triage",
        /// A rule confirms without a person.
        AutoConfirm = "auto_confirm",
        /// A rule closes without a person.
        AutoClose = "auto_close",
        /// It is real: rate it and give it an owner.
        Confirm = "confirm",
        /// It is not a risk.
        Dismiss = "dismiss",
        /// Work begins.
        Start = "start",
        /// The owner doubts the assessment.
        SendBack = "send_back",
        /// The work has to wait.
        Block = "block",
        /// The wait is over.
        Unblock = "unblock",
        /// The work is done.
        ClaimFixed = "claim_fixed",
        /// It was already done when it was confirmed.
        ClaimFixedDirect = "claim_fixed_direct",
        /// The proof is there.
        VerifyPass = "verify_pass",
        /// The proof failed.
        VerifyFail = "verify_fail",
        /// Live with it for a time.
        Accept = "accept",
        /// Live with it for a time, straight from the assessment.
        AcceptFromTriage = "accept_from_triage",
        /// Live with what the work has left.
        AcceptResidual = "accept_residual",
        /// The acceptance ends.
        ExpireOrRevoke = "expire_or_revoke",
        /// The acceptance goes on.
        Renew = "renew",
        /// Close without a fix: avoided or transferred.
        TreatWithoutFix = "treat_without_fix",
        /// It is back.
        Reopen = "reopen",
        /// The dismissal no longer holds.
        Challenge = "challenge",
        /// The work is given back.
        Unassign = "unassign",
    }
}

impl Event {
    /// The event that says the same from another state: "fixed" is `claim_fixed_direct` from open and
    /// `claim_fixed` from anywhere else. For callers that speak in verbs, such as a chat command.
    #[must_use]
    pub const fn spoken_in(self, state: State) -> Self {
        match (self, state) {
            (Self::ClaimFixed | Self::ClaimFixedDirect, State::Open) => Self::ClaimFixedDirect,
            (Self::ClaimFixedDirect, _) => Self::ClaimFixed,
            (Self::Accept | Self::AcceptFromTriage | Self::AcceptResidual, State::Triage) => {
                Self::AcceptFromTriage
            }
            (Self::Accept | Self::AcceptFromTriage | Self::AcceptResidual, State::Verification) => {
                Self::AcceptResidual
            }
            (Self::Accept | Self::AcceptFromTriage | Self::AcceptResidual, State::Accepted) => Self::Renew,
            (Self::AcceptFromTriage | Self::AcceptResidual, _) => Self::Accept,
            _ => self,
        }
    }
}

text_enum! {
    /// In what capacity somebody or something asks for a step.
    pub enum Party ("party") {
        /// May assess this team's risks.
        Triager = "triager",
        /// Answers for this risk.
        Owner = "owner",
        /// Does the work on this risk.
        Assignee = "assignee",
        /// May judge whether a fix works.
        Verifier = "verifier",
        /// Decides about treatment and pauses.
        RiskManager = "risk_manager",
        /// Leads the team of this risk.
        TeamLead = "team_lead",
        /// Answers for security as a whole.
        HeadOfSecurity = "head_of_security",
        /// Answers for the organisation.
        Executive = "executive",
        /// Whoever of the last three the level asks for; never held, only named by the table.
        Approver = "approver",
        /// A rule of the intake.
        Rule = "rule",
        /// A scan, by what it saw or no longer saw.
        Scan = "scan",
        /// The ticket's state.
        Jira = "jira",
        /// A date that has come.
        Timer = "timer",
        /// A rating that rose.
        Rating = "rating",
    }
}

impl Party {
    /// How high somebody may approve: 1 to 3, and 0 for everybody else.
    #[must_use]
    pub const fn approval_rank(self) -> u8 {
        match self {
            Self::TeamLead => 1,
            Self::HeadOfSecurity => 2,
            Self::Executive => 3,
            _ => 0,
        }
    }

    /// The party that approves at a level, or one rank above it for a renewal.
    #[must_use]
    pub const fn approver_of(level: Level, renewal: bool) -> Self {
        match (level, renewal) {
            (Level::Critical, _) | (Level::High, true) => Self::Executive,
            (Level::High, false) | (_, true) => Self::HeadOfSecurity,
            (_, false) => Self::TeamLead,
        }
    }

    /// What to call the party in a sentence.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Triager => "a triager",
            Self::Owner => "the owner",
            Self::Assignee => "the assignee",
            Self::Verifier => "a verifier",
            Self::RiskManager => "a risk manager",
            Self::TeamLead => "the team lead",
            Self::HeadOfSecurity => "the head of security",
            Self::Executive => "an executive",
            Self::Approver => "the approver for the level",
            Self::Rule => "an intake rule",
            Self::Scan => "a scan",
            Self::Jira => "the JIRA ticket",
            Self::Timer => "the date",
            Self::Rating => "the rating",
        }
    }
}

text_enum! {
    /// Through which door a request came.
    pub enum Via ("via") {
        /// A page.
        Page = "page",
        /// The HTTP API.
        Api = "api",
        /// A Slack command, button or form.
        Slack = "slack",
        /// JIRA.
        Jira = "jira",
        /// An import.
        Import = "import",
        /// The scheduler.
        Timer = "timer",
        /// The command line.
        Command = "command",
    }
}
