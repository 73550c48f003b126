//! The pages of incidents.

use abate::access::role::Role;

use super::led;

#[tokio::test]
async fn an_incident_goes_from_its_declaration_to_its_end_by_its_forms() {
    let (app, first, head) = led().await;
    app.asset("web", None).await;
    let risk = app.risk("web", "Open bucket").await;
    let risk_page = first.browser.get(&format!("/risks/{risk}")).await.expect(200).text;
    let link = format!("/incidents/new?risk={risk}");
    assert!(risk_page.contains(&link), "{risk_page}");
    let form = first.browser.get(&link).await.expect(200).text;
    assert!(form.contains(&format!("name=\"risk\" value=\"{risk}\"")), "{form}");
    let wrong = [("kind", "breach"), ("title", "Gate"), ("aware_at", "2027-01-01 10:00"), ("risk", &risk)];
    let answer = first.browser.submit("/incidents", &wrong).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains("This has not come yet"), "{}", answer.text);
    let right = [
        ("kind", "breach"),
        ("title", "Gate <b>open</b>"),
        ("aware_at", "2026-03-02 08:00"),
        ("risk", &risk),
        ("data_class", "pii"),
        ("subjects", "customers"),
        ("people", "12"),
    ];
    let answer = first.browser.submit("/incidents", &right).await.expect(303);
    assert_eq!(answer.header("location"), "/incidents/I-1");
    let page = head.browser.get("/incidents/I-1").await.expect(200).text;
    assert!(page.contains("Gate &#60;b&#62;open") && page.contains("71 h 0 min left"), "{page}");
    assert!(head.browser.get("/").await.expect(200).text.contains("Data breaches"));
    assert!(head.browser.get("/incidents").await.expect(200).text.contains("/incidents/I-1"));
    // What was typed into a form that is refused stays there.
    let answer = head.browser.submit("/incidents/I-1/close", &[("summary", "It stood open all night")]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains(">It stood open all night</textarea>"), "{}", answer.text);
    let wrong = [("duty", "1"), ("state", "told"), ("how", "by form 6"), ("told_at", "yesterday")];
    let answer = head.browser.submit("/incidents/I-1/duty", &wrong).await;
    assert_eq!(answer.status, 422);
    for kept in ["value=\"by form 6\"", "value=\"yesterday\"", "id=\"act-duty-3\" open"] {
        assert!(answer.text.contains(kept), "{kept}: {}", answer.text);
    }
    assert_eq!(first.browser.submit("/incidents/I-1/acknowledge", &[]).await.status, 403);
    head.browser.submit("/incidents/I-1/acknowledge", &[]).await.expect(303);
    head.browser.submit("/incidents/I-1/contain", &[]).await.expect(303);
    let told = [("duty", "1"), ("state", "told"), ("how", "by form 7"), ("told_at", "2026-03-02 08:30")];
    head.browser.submit("/incidents/I-1/duty", &told).await.expect(303);
    let entry = [("who", "Press"), ("how", "mail"), ("text", "A statement")];
    head.browser.submit("/incidents/I-1/entries", &entry).await.expect(303);
    let data = [("data_class", "fin"), ("subjects", "customers")];
    head.browser.submit("/incidents/I-1/data", &data).await.expect(303);
    let action = [("title", "Shut the gate"), ("asset", "web"), ("likelihood", "3"), ("impact", "3")];
    first.browser.submit("/incidents/I-1/actions", &action).await.expect(303);
    let close = [("summary", "The gate stood **open**")];
    head.browser.submit("/incidents/I-1/close", &close).await.expect(303);
    let page = head.browser.get("/incidents/I-1").await.expect(200).text;
    assert!(
        page.contains("<strong>open</strong>") && page.contains("by form 7") && page.contains("Press, mail"),
        "{page}"
    );
    assert!(!head.browser.get("/").await.expect(200).text.contains("Data breaches"));
    head.browser.submit("/incidents/I-1/nothing", &[]).await.problem(404);
    head.browser.get("/incidents/X-1").await.problem(404);
}

#[tokio::test]
async fn somebody_of_one_team_declares_for_it_without_naming_it() {
    let (app, first, _) = led().await;
    let payments = app.team("payments").await;
    app.team("web").await;
    let ben = app.member("ben@example.org", &[Role::Engineer, Role::Viewer], Some(payments)).await;
    let form = ben.browser.get("/incidents/new").await.expect(200).text;
    assert!(form.contains("value=\"payments\"") && !form.contains("value=\"web\""), "{form}");
    // Not theirs: the page says so and keeps what was typed.
    let wrong = [("kind", "breach"), ("title", "Lost laptop"), ("team", "web")];
    let answer = ben.browser.submit("/incidents", &wrong).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("value=\"Lost laptop\""), "{}", answer.text);
    ben.browser.submit("/incidents", &[("kind", "breach"), ("title", "Lost laptop")]).await.expect(303);
    let made = first.api.get("/api/v1/incidents/I-1").await.expect(200).json();
    assert_eq!(made["team"], "payments");
}
