// The page of a mailed link. Its token stands behind `#` and leaves the address bar at once.
const form = document.getElementById("mailed");
const problem = document.getElementById("problem");
const button = form.querySelector("button");
const token = new URLSearchParams(location.hash.slice(1)).get("token");
history.replaceState(null, "", location.pathname);

const WORDS = {
  invalid_link: "這個連結已經用過或過期了，請重新申請。 This link has been used or is too old.",
  weak_password: "這個密碼太容易被猜到，請換一個。 This password is too easy to guess.",
  email_taken: "這個電子郵件已經是另一個帳號的。 Another account has this address.",
  invalid: "密碼需要 8 到 128 個字元。 A password has 8 to 128 characters.",
};
const OTHERWISE = "系統暫時無法服務，請稍後再試。 Please try again later.";

if (!token) {
  problem.textContent = WORDS.invalid_link;
  button.disabled = true;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.textContent = "";
  button.disabled = true;
  const body = { token, ...Object.fromEntries(new FormData(form)) };
  try {
    const answer = await fetch(form.dataset.path, {
      method: "POST",
      credentials: "omit",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.status === 204) {
      const done = document.createElement("p");
      done.textContent = form.dataset.done;
      done.setAttribute("role", "status");
      for (const hint of document.querySelectorAll(".hint")) hint.remove();
      form.replaceWith(done);
      return;
    }
    problem.textContent = WORDS[(await answer.json()).code] || OTHERWISE;
  } catch {
    problem.textContent = OTHERWISE;
  }
  button.disabled = false;
});
