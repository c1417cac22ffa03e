// The bundled Swagger UI 4 reads 3.0 documents; ours differs from one only in its number and in JSON Schema's newer words.
// Swagger UI 5 reads 3.1 and takes three times as long to show a document of this size.
(async () => {
  const place = document.getElementById("docs");
  try {
    const answer = await fetch("/openapi.json", { credentials: "omit" });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const spec = await answer.json();
    SwaggerUIBundle({
      spec: { ...spec, openapi: "3.0.3" },
      domNode: place,
      deepLinking: true,
      docExpansion: "none",
      filter: true,
      tryItOutEnabled: true,
      validatorUrl: null,
      presets: [SwaggerUIBundle.presets.apis],
    });
  } catch (error) {
    place.textContent = `文件載入失敗，請重新整理。The documents could not be loaded (${error.message}).`;
  }
})();
