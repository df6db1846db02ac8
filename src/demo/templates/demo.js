// Reads the token as Jitsi's client does: from the fragment (a JSON string), else from the query.
const meeting = document.getElementById("meeting");
const path = location.pathname;

function tokenInAddress() {
  const fragment = new URLSearchParams(location.hash.slice(1)).get("jwt");
  return fragment ? JSON.parse(fragment) : new URLSearchParams(location.search).get("jwt");
}

async function join() {
  const token = tokenInAddress();
  if (!token) {
    location.replace("/-/login?" + new URLSearchParams({ path }));
    return;
  }
  const answer = await fetch("/-/verify", { method: "POST", body: new URLSearchParams({ token, path }) });
  if (!answer.ok) throw new Error(`the demo answered ${answer.status}`);
  meeting.innerHTML = await answer.text();
}

join().catch((error) => {
  const note = document.createElement("p");
  note.className = "message";
  note.textContent = `The token could not be looked at: ${error.message}`;
  meeting.append(note);
});
