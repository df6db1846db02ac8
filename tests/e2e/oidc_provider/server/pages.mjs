// The provider's own pages: no more than what a test fills in and presses.

const page = (title, content) => `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title></head>
<body>
<h1>${title}</h1>
${content}
</body>
</html>`;

export const loginPage = (action, complaint = "") =>
  page(
    "Sign in",
    `<p id="complaint">${complaint}</p>
<form id="login" method="post" action="${action}">
<label>Name <input name="username"></label>
<label>Password <input name="password" type="password"></label>
<label>Second factor <input name="code"></label>
<button>Sign in</button>
</form>`,
  );

// Who comes from the client with an ID token of their own is not asked.
export const logoutPage = (form, sure) =>
  page(
    "Sign out",
    `${form}
<button id="sign-out" form="op.logoutForm" name="logout" value="yes">Sign out</button>
${sure ? '<script>document.getElementById("sign-out").click()</script>' : ""}`,
  );

export const goodbyePage = () => page("Signed out", '<p id="goodbye">Goodbye</p>');

const escaped = (text) => String(text).replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

export const errorPage = ({ error, error_description: description }) =>
  page("Error", `<p id="error">${escaped(error)}: ${escaped(description)}</p>`);
