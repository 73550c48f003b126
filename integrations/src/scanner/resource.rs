//! Rules. What stays of a resource when it is replaced: the service behind an instance, the workload behind a pod, the
//! repository behind an image. Identities are made of this; the resource itself is shown.

use super::without_tag;

/// Tags that say to which service a short-lived resource belongs, the surest first.
const SERVICE_TAGS: &[&str] = &[
    "aws:autoscaling:groupname",
    "eks:nodegroup-name",
    "eks:cluster-name",
    "aws:eks:cluster-name",
    "aws:ecs:servicename",
    "aws:ecs:clustername",
    "aws:elasticmapreduce:job-flow-id",
    "aws:cloudformation:stack-name",
    "app.kubernetes.io/name",
    "service",
    "application",
    "app",
    "component",
    "project",
    "name",
    TASK_FAMILY,
    INSTANCE_PROFILE,
    NETWORK,
];

/// What a report says of a resource besides its tags is handed in as tags of these names.
pub(crate) const TASK_FAMILY: &str = "abate:task-family";
/// The role that instances of one service share.
pub(crate) const INSTANCE_PROFILE: &str = "abate:instance-profile";
/// The network in which it stands.
pub(crate) const NETWORK: &str = "abate:network";

/// The name of a resource that stays the same when the resource is replaced by another of its kind.
///
/// A short-lived resource takes the name of its service from its tags. Without any, all of its kind in one account and
/// region are one: a fleet that is replaced must not make new risks, and whoever wants to tell two machines apart tags
/// them.
pub(crate) fn stable(resource: &str, tags: &[(String, String)]) -> String {
    let resource = resource.trim();
    if let Some(arn) = Arn::of(resource) {
        return arn.stable(tags);
    }
    if let Some((kind, id)) = resource.rsplit_once(':')
        && kind.starts_with("AWS::")
    {
        // Keys of a session last for hours.
        let short = kind == "AWS::IAM::AccessKey" && id.starts_with("ASIA") || is_short_lived(id);
        return if short { format!("{kind}:{}", service(tags)) } else { resource.to_owned() };
    }
    if is_short_lived(resource) {
        let kind = resource.split('-').next().unwrap_or_default();
        return format!("{kind}/{}", service(tags));
    }
    if let Some((set, _)) = resource.split_once("/virtualMachines/")
        && set.contains("/virtualMachineScaleSets/")
    {
        return set.to_owned();
    }
    for mark in ["pod/", "pods/"] {
        if let Some(at) = resource.find(mark) {
            let (before, name) = resource.split_at(at + mark.len());
            let (namespace, name) = name.rsplit_once('/').map_or(("", name), |(space, name)| (space, name));
            let space = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
            return format!("{before}{space}{}", workload(name));
        }
    }
    if resource.contains("@sha256:") || (resource.contains('/') && without_tag(resource) != resource) {
        return without_tag(resource).to_owned();
    }
    resource.to_owned()
}

/// The workload of a pod: its name without what its controller appends.
pub(crate) fn workload(pod: &str) -> &str {
    let random = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len())
            && part.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte))
    };
    let Some((rest, last)) = pod.rsplit_once('-') else { return pod };
    if !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) && !random(last, 5..=5) {
        return rest;
    }
    if !random(last, 5..=5) {
        return pod;
    }
    match rest.rsplit_once('-') {
        Some((name, hash)) if random(hash, 6..=10) || is_schedule(hash) => name,
        _ => rest,
    }
}

/// Kubernetes appends the minute to the jobs of a schedule.
fn is_schedule(part: &str) -> bool {
    (8..=10).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
}

struct Arn<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if !parts.next()?.eq_ignore_ascii_case("arn") {
            return None;
        }
        let (partition, service, region) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { partition, service, region, account: parts.next()?, resource: parts.next()? })
    }

    fn stable(&self, tags: &[(String, String)]) -> String {
        let Self { partition, service, region, account, .. } = self;
        format!("arn:{partition}:{service}:{region}:{account}:{}", self.stable_resource(tags))
    }

    fn stable_resource(&self, tags: &[(String, String)]) -> String {
        let resource = self.resource;
        let (kind, name) = resource.split_once(['/', ':']).unwrap_or((resource, ""));
        let part = |number: usize| resource.split('/').nth(number).unwrap_or_default();
        match (self.service, kind) {
            ("ec2", "instance" | "network-interface" | "volume" | "snapshot" | "spot-instances-request")
            | ("ssm", "managed-instance") => format!("{kind}/{}", service(tags)),
            ("ec2", _) if is_short_lived(resource) => {
                format!(
                    "{}/{}",
                    if resource.starts_with("eni-") { "network-interface" } else { "instance" },
                    service(tags)
                )
            }
            ("ecs", "task" | "container" | "container-instance") => {
                // The cluster is named where the account uses the long ids.
                let cluster = if resource.matches('/').count() >= 2 { part(1) } else { "" };
                format!("{kind}/{cluster}/{}", service(tags))
            }
            ("ecs", "task-definition") => format!("{kind}/{}", name.split(':').next().unwrap_or_default()),
            ("lambda", "function" | "layer") => {
                format!("{kind}:{}", name.split(':').next().unwrap_or_default())
            }
            ("ecr", "repository") => {
                let name = name.split("/sha256:").next().unwrap_or_default();
                format!("{kind}/{}", without_tag(name))
            }
            ("rds", "snapshot" | "cluster-snapshot") => format!("{kind}:{}", snapshot_of(name)),
            ("autoscaling", _) => match name.split_once(":autoScalingGroupName/") {
                Some((_, group)) => format!("{kind}/{group}"),
                None => resource.to_owned(),
            },
            ("eks", "nodegroup" | "fargateprofile" | "addon") => format!("{kind}/{}/{}", part(1), part(2)),
            ("eks", "pod") => {
                let (before, pod) = resource.rsplit_once('/').unwrap_or(("pod", name));
                format!("{before}/{}", workload(pod))
            }
            ("elasticloadbalancing", "loadbalancer") if !part(3).is_empty() => {
                format!("{kind}/{}/{}", part(1), part(2))
            }
            ("elasticloadbalancing", "targetgroup") => format!("{kind}/{}", part(1)),
            ("sts", "assumed-role") => format!("{kind}/{}", part(1)),
            _ => resource.to_owned(),
        }
    }
}

/// The database behind a snapshot: automatic ones carry its name and the time, those of AWS Backup only an id.
fn snapshot_of(name: &str) -> String {
    let name = match name.split_once(':') {
        Some(("awsbackup", _)) => return "awsbackup".to_owned(),
        Some((_, name)) => name,
        None => name,
    };
    let mut name = name;
    while let Some((rest, last)) = name.rsplit_once('-')
        && !last.is_empty()
        && last.bytes().all(|byte| byte.is_ascii_digit())
    {
        name = rest;
    }
    name.to_owned()
}

/// Whether this is the id of an instance or a network interface by itself.
fn is_short_lived(id: &str) -> bool {
    ["i-", "eni-", "mi-"].iter().any(|start| {
        id.strip_prefix(start)
            .is_some_and(|rest| rest.len() >= 8 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    })
}

/// The service that the tags name.
fn service(tags: &[(String, String)]) -> String {
    let cluster = tags.iter().find_map(|(key, _)| key.strip_prefix("kubernetes.io/cluster/"));
    let named = SERVICE_TAGS.iter().find_map(|wanted| {
        tags.iter()
            .find(|(key, value)| key.eq_ignore_ascii_case(wanted) && !value.trim().is_empty())
            .map(|(_, value)| value.trim())
    });
    named.or(cluster).unwrap_or("*").to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_replaced_keeps_the_name_of_what_it_belongs_to() {
        let shop = tags(&[("Name", "shop-7"), ("aws:autoscaling:groupName", "shop")]);
        for (resource, expected) in [
            (
                "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0",
                "arn:aws:ec2:eu-west-1:111122223333:instance/shop",
            ),
            (
                "arn:aws:ec2:eu-west-1:111122223333:network-interface/eni-0123456789",
                "arn:aws:ec2:eu-west-1:111122223333:network-interface/shop",
            ),
            ("i-0123456789abcdef0", "i/shop"),
            (
                "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123456789abcdef",
                "arn:aws:ecs:eu-west-1:111122223333:task/prod/shop",
            ),
        ] {
            assert_eq!(stable(resource, &shop), expected);
        }
        for (resource, expected) in [
            (
                "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0",
                "arn:aws:ec2:eu-west-1:111122223333:instance/*",
            ),
            (
                "arn:aws:lambda:eu-west-1:111122223333:function:pay:$LATEST",
                "arn:aws:lambda:eu-west-1:111122223333:function:pay",
            ),
            (
                "arn:aws:lambda:eu-west-1:111122223333:function:pay:42",
                "arn:aws:lambda:eu-west-1:111122223333:function:pay",
            ),
            (
                "arn:aws:ecr:eu-west-1:111122223333:repository/shop/web/sha256:ab12",
                "arn:aws:ecr:eu-west-1:111122223333:repository/shop/web",
            ),
            (
                "arn:aws:rds:eu-west-1:111122223333:snapshot:rds:orders-2026-11-21-04-10",
                "arn:aws:rds:eu-west-1:111122223333:snapshot:orders",
            ),
            (
                "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:12",
                "arn:aws:ecs:eu-west-1:111122223333:task-definition/web",
            ),
            (
                "arn:aws:sts::111122223333:assumed-role/Admin/jane",
                "arn:aws:sts::111122223333:assumed-role/Admin",
            ),
            ("registry.example.com/shop/web:1.4@sha256:ab12", "registry.example.com/shop/web"),
            ("shop/pod/web-5d4f8b7c9d-x7k2p", "shop/pod/web"),
            ("arn:aws:s3:::orders", "arn:aws:s3:::orders"),
            ("arn:aws:iam::111122223333:user/jane", "arn:aws:iam::111122223333:user/jane"),
            ("AWS::::Account:111122223333", "AWS::::Account:111122223333"),
            ("AWS::IAM::AccessKey:ASIAEXAMPLEKEY", "AWS::IAM::AccessKey:*"),
        ] {
            assert_eq!(stable(resource, &[]), expected);
        }
    }

    #[test]
    fn pods_belong_to_their_workload() {
        for (pod, expected) in [
            ("web-5d4f8b7c9d-x7k2p", "web"),
            ("fluentd-x7k2p", "fluentd"),
            ("orders-0", "orders"),
            ("nightly-28391820-x7k2p", "nightly"),
            ("payments", "payments"),
            ("shop-front", "shop-front"),
        ] {
            assert_eq!(workload(pod), expected);
        }
    }

    proptest! {
        #[test]
        fn a_fleet_that_is_replaced_is_the_same_fleet(one in "[0-9a-f]{17}", other in "[0-9a-f]{17}", service in "[a-z]{1,8}") {
            for known in [vec![], tags(&[("service", &service)])] {
                let of = |id: &str| stable(&format!("arn:aws:ec2:eu-west-1:111122223333:instance/i-{id}"), &known);
                prop_assert_eq!(of(&one), of(&other));
            }
        }

        #[test]
        fn a_stable_name_stays_as_it_is(text in "[a-z:/@.-]{0,40}") {
            let once = stable(&text, &[]);
            prop_assert_eq!(stable(&once, &[]), once);
        }
    }
}
